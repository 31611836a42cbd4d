/// `/admin/v1`: who may, what it does, what it refuses.
import Foundation
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Administration")
struct AdministrationTests {
    private let first = SyntheticImage(seed: 1, layerSizes: [30_000, 20_000])
    private let second = SyntheticImage(seed: 2, layerSizes: [40_000])

    private func withPulledImages(
        change: (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { registry in
                registry.add(repository: "app", image: first, tags: ["1"])
                registry.add(repository: "app", image: second, tags: ["2"])
            },
            change: {
                $0.eviction.minAge = .zero
                change(&$0)
            }
        ) { larder, registry in
            try await larder.pull(first, tag: "1")
            try await larder.pull(second, tag: "2")
            try await body(larder, registry)
        }
    }

    private func isStored(_ image: SyntheticImage, in larder: TestLarder) async throws -> Bool {
        let key = RepositoryKey(upstream: "lab.local", repository: try RepositoryName("app"))
        return try await larder.store.knowledge(of: image.digest, in: key).blob != nil
    }

    @Test("without the token it is 401, with a wrong one 403, and nothing happens")
    func token() async throws {
        try await withPulledImages { larder, _ in
            for (token, status) in [(nil, 401), ("", 401), ("wrong", 403)] as [(String?, Int)] {
                let response = try await larder.admin(
                    .POST, "/purge", #"{"target":"lab.local"}"#, token: token)
                #expect(response.status == status)
            }
            #expect(try await isStored(first, in: larder))
        }
    }

    @Test("the token is made at the first start, for its owner alone, and kept")
    func tokenFile() async throws {
        try await withPulledImages { larder, _ in
            let path = larder.store.directory.path
            let mode = try FileManager.default.attributesOfItem(atPath: path + "/admin.token")
            #expect(mode[.posixPermissions] as? Int == 0o600)
            let again = try AdminToken.load(AdminSettings(), dataDirectory: path)
            #expect(again.check("Bearer \(try larder.adminToken)") == .valid)
            #expect(try larder.adminToken.utf8.count == 64)
        }
    }

    @Test("a purge of a tag removes its image and leaves the others; a dry run removes nothing")
    func purgeTag() async throws {
        try await withPulledImages { larder, registry in
            let body = #"{"target":"lab.local/app:1","dry_run":true}"#
            let preview: PurgeDocument = try await larder.admin(.POST, "/purge", body).document()
            #expect(preview.tags == 1)
            #expect(preview.manifests == 1)
            #expect(preview.blobs == Int64(first.blobs.count))
            #expect(try await isStored(first, in: larder))
            let done: PurgeDocument = try await larder.admin(
                .POST, "/purge", #"{"target":"lab.local/app:1"}"#
            ).document()
            #expect(done.freedBytes == preview.freedBytes)
            #expect(done.heldBytes == 0)
            #expect(try await !isStored(first, in: larder))
            #expect(try await isStored(second, in: larder))
            try await larder.pull(first, tag: "1")
            #expect(registry.requests.count("GET", "/manifests/1") == 2)
        }
    }

    @Test(
        "a purge takes globs, repositories, upstreams and digests",
        arguments: [
            "lab.local/app", "lab.local", "lab.local/**", "lab.local/a*:*", "lab.local/app:?",
        ])
    func purgeAll(target: String) async throws {
        try await withPulledImages { larder, _ in
            _ = try await larder.admin(.POST, "/purge", #"{"target":"\#(target)"}"#)
            let totals: TotalsDocument = try await larder.statistics("")
            #expect(totals.cache.objects == 0)
            #expect(totals.cache.usedBytes == 0)
            let log: PageDocument<EvictionDocument> = try await larder.statistics("/evictions")
            #expect(Set(log.items.map(\.reason)) == ["purged"])
            #expect(larder.store.activity.evictions[.purged]?.objects == 7)
        }
    }

    @Test("a purge of a digest takes the manifest and what only it needs")
    func purgeDigest() async throws {
        try await withPulledImages { larder, _ in
            let body = #"{"target":"\#(second.digest)"}"#
            let done: PurgeDocument = try await larder.admin(.POST, "/purge", body).document()
            #expect(done.manifests == 1)
            #expect(done.blobs == 2)
            #expect(try await isStored(first, in: larder))
        }
    }

    @Test("a pinned image is not evicted, whatever is asked for")
    func pins() async throws {
        try await withPulledImages { larder, _ in
            let pin = #"{"pattern":"lab.local/app:1"}"#
            let made: PinChangeDocument = try await larder.admin(.PUT, "/pins", pin).document()
            #expect(made.changed)
            let clock = try await larder.admin(.POST, "/evict", #"{"to_bytes":0,"dry_run":true}"#)
            #expect(clock.status == 200)
            try await larder.age(by: 10)
            let evicted: EvictDocument = try await larder.admin(
                .POST, "/evict", #"{"to_bytes":0}"#
            ).document()
            #expect(!evicted.isComplete)
            #expect(try await isStored(first, in: larder))
            #expect(try await !isStored(second, in: larder))
            let unmade: PinChangeDocument = try await larder.admin(.DELETE, "/pins", pin).document()
            #expect(unmade.changed)
            let pins: PinsDocument = try await larder.admin(.GET, "/pins").document()
            #expect(pins.items.isEmpty)
        }
    }

    @Test("refresh asks the upstream and tells what the tag named before")
    func refresh() async throws {
        try await withPulledImages { larder, registry in
            let body = #"{"image":"lab.local/app:1"}"#
            let same: RefreshDocument = try await larder.admin(.POST, "/refresh", body).document()
            #expect(!same.changed)
            registry.add(repository: "app", image: second, tags: ["1"])
            let moved: RefreshDocument = try await larder.admin(.POST, "/refresh", body).document()
            #expect(moved.changed)
            #expect(moved.before == "\(first.digest)")
            #expect(moved.after == "\(second.digest)")
            for image in ["lab.local/app:nothing", "nowhere.test/app"] {
                let unknown = try await larder.admin(
                    .POST, "/refresh", #"{"image":"\#(image)"}"#)
                #expect(unknown.status == 404)
                #expect(unknown.problem?.parameter == "image")
            }
        }
    }

    @Test("R5: verify finds a damaged blob, quarantines it, and the next pull fetches it again")
    func verify() async throws {
        try await withPulledImages { larder, registry in
            let layer = try #require(second.layerDigests.first)
            let path = larder.store.directory.blob(layer)
            try Data(SeededBytes.make(count: 40_000, seed: 99)).write(to: URL(filePath: path))
            _ = try await larder.admin(.POST, "/verify", "{}")
            var progress: VerificationDocument
            repeat {
                progress = try await larder.admin(.GET, "/verify").document()
            } while progress
                .state == .running
            #expect(progress.state == .done)
            #expect(progress.damagedObjects == 1)
            #expect(progress.checkedObjects == progress.objects)
            let kept = DataDirectory.names(in: larder.store.directory.path + "/quarantine")
            #expect(kept.count == 1)
            try await larder.pull(second, tag: "2")
            #expect(registry.requests.count("GET", "/blobs/\(layer)") == 2)
        }
    }

    @Test("R35: a backup in the place of a lost index has its tags and proofs")
    func backup() async throws {
        try await withPulledImages { larder, _ in
            let made: BackupDocument = try await larder.admin(.POST, "/backup").document()
            let copy = try IndexReports.openCopy(made.path)
            let key = RepositoryKey(upstream: "lab.local", repository: try RepositoryName("app"))
            #expect(try await copy.tag(try Tag("1"), in: key)?.digest == first.digest)
            #expect(try await copy.totals().objects == 7)
            await copy.close()
        }
    }

    @Test(
        "a bad body is 400 and the field is named",
        arguments: [
            ("/purge", #"{"target":"lab.local","dryrun":true}"#, "dryrun"),
            ("/purge", "{}", "target"), ("/purge", #"{"target":"alpine"}"#, "target"),
            ("/purge", #"{"target":"sha256:12"}"#, "target"),
            ("/evict", #"{"to_bytes":"1GB"}"#, "to_bytes"),
            ("/evict", #"{"to_bytes":-1}"#, "to_bytes"),
            ("/refresh", #"{"image":"lab.local/app@\#(SyntheticImage().digest)"}"#, "image"),
            ("/refresh", #"{"image":"lab.local/A"}"#, "image"),
            ("/verify", #"{"pattern":7}"#, "pattern"),
        ])
    func badBodies(path: String, body: String, field: String) async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.admin(.POST, path, body)
            #expect(response.status == 400)
            #expect(response.problem?.parameter == field)
        }
    }
}

extension IndexReports {
    /// A copy of an index, wherever it lies.
    static func openCopy(_ path: String) throws -> IndexReports {
        IndexReports(index: IndexReader(try Database(path: path, mode: .reader)))
    }
}
