/// What the fast path answers, when it stops to, and what it does with a connection.
import Foundation
import Glibc
import NIOHTTP1
import NIOPosix
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

@Suite("Fast path", .enabled(if: TestLarder.fastPath))
struct FastPathTests {
    private let image = SyntheticImage(seed: 7, layerSizes: [30_000, 3_000_000])
    private let other = SyntheticImage(seed: 8, layerSizes: [40_000])
    /// More than the buffers of a connection take.
    private let large = SeededBytes.make(count: 20_000_000, seed: 77)
    private var largeDigest: Digest { .sha256(of: large) }
    private let tagPath = "/v2/lab.local/app/manifests/1"
    private var manifestPath: String { "/v2/lab.local/app/manifests/\(image.digest)" }
    private var layer: Digest { image.layerDigests[1] }
    private var layerPath: String { "/v2/lab.local/app/blobs/\(layer)" }
    private var otherPath: String { "/v2/lab.local/app/manifests/\(other.digest)" }

    /// Both images are stored and every path was answered once from the store.
    private func withHot(
        change: @escaping (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { registry in
                registry.add(repository: "app", image: image, tags: ["1"])
                registry.add(repository: "app", image: other, tags: ["2"])
            },
            change: {
                $0.eviction.minAge = .zero
                change(&$0)
            }
        ) { larder, registry in
            larder.expectRepeatedDownloads(of: image.layerDigests + other.layerDigests)
            try await larder.pull(image, tag: "1")
            try await larder.pull(other, tag: "2")
            while !larder.services.pendingManifests.isEmpty { await shortPause() }
            for path in [tagPath, manifestPath, layerPath, otherPath] {
                _ = try await larder.request(.GET, path)
            }
            while larder.store.committer.openFiles.isOpen(layer) { await shortPause() }
            registry.requests.removeAll()
            try await body(larder, registry)
        }
    }

    /// Whether the fast path answers a GET of `path`.
    private func isFast(_ path: String, _ larder: TestLarder) async throws -> Bool {
        let before = larder.services.hotObjects.answered
        _ = try await larder.request(.GET, path)
        return larder.services.hotObjects.answered > before
    }

    @Test("GET and HEAD of a fresh tag, a manifest and a blob, whole and in part")
    func hits() async throws {
        try await withHot { larder, registry in
            let before = larder.services.hotObjects.answered
            for (path, body) in [
                (tagPath, image.manifest), (manifestPath, image.manifest),
                (layerPath, image.layers[1]),
            ] {
                let get = try await larder.request(.GET, path)
                #expect(get.status == 200 && get.body == body)
                let status = get.headers.first(name: "Cache-Status") ?? ""
                let isTag = path == tagPath
                #expect(isTag ? status.hasPrefix("larder; hit; ttl=") : status == "larder; hit")
                #expect((get.headers.first(name: "Age") != nil) == isTag)
                let head = try await larder.request(.HEAD, path)
                #expect(head.status == 200 && head.body.isEmpty)
                #expect(head.headers.first(name: "Content-Length") == "\(body.count)")
                let etag = try #require(get.headers.first(name: "ETag"))
                let known = try await larder.request(.GET, path, [("If-None-Match", etag)])
                #expect(known.status == 304)
            }
            let part = try await larder.request(.GET, layerPath, [("Range", "bytes=10-1999999")])
            #expect(part.status == 206 && part.body == Array(image.layers[1][10..<2_000_000]))
            #expect(larder.services.hotObjects.answered == before + 10)
            #expect(registry.requests.count() == 0)
        }
    }

    @Test("turned off, it answers nothing; turned on again, what is hit again")
    func switchedOff() async throws {
        try await withHot { larder, _ in
            var configuration = larder.services.configuration
            configuration.fastPath = false
            larder.services.apply(configuration)
            var answers = [try await isFast(tagPath, larder), try await isFast(tagPath, larder)]
            #expect(answers == [false, false])
            configuration.fastPath = true
            larder.services.apply(configuration)
            answers = [try await isFast(tagPath, larder), try await isFast(tagPath, larder)]
            #expect(answers == [false, true])
        }
    }

    // MARK: What ends it

    @Test("a purge ends it before it returns, closes the file, and what is asked next is fetched")
    func purge() async throws {
        try await withHot { larder, registry in
            #expect(isOpen(layer, in: larder))
            let done: PurgeDocument = try await larder.admin(
                .POST, "/purge", #"{"target":"lab.local/app"}"#
            ).document()
            #expect(done.heldBytes == 0 && larder.store.budget.state.committed == 0)
            try await larder.waitUntilNothingIsUsed()
            #expect(!isOpen(layer, in: larder))
            #expect(larder.services.hotObjects.count == 0)
            #expect(try await larder.request(.GET, manifestPath).body == image.manifest)
            #expect(registry.requests.count("GET", "/manifests/") == 1)
        }
    }

    @Test("R21: bytes that a running download keeps are reported, and freed when it ends")
    func purgeWhileSending() async throws {
        try await withHotLargeBlob { larder, client in
            let done: PurgeDocument = try await larder.admin(
                .POST, "/purge", #"{"target":"\#(largeDigest)"}"#
            ).document()
            #expect(done.heldBytes >= Int64(large.count))
            #expect(larder.store.budget.state.held == done.heldBytes)
            #expect(try await client.readBody() == large)
            while larder.store.budget.state.held > 0 { await shortPause() }
        }
    }

    @Test("an eviction ends it for its victims alone; a file kept open is in nobody's use")
    func eviction() async throws {
        try await withHot { larder, registry in
            #expect(!larder.store.committer.openFiles.isOpen(layer))
            _ = try await larder.admin(
                .PUT, "/pins", #"{"pattern":"lab.local/app:2"}"#)
            try await larder.age(by: 10)
            let evicted: EvictDocument = try await larder.admin(
                .POST, "/evict", #"{"to_bytes":0}"#
            ).document()
            #expect(evicted.heldBytes == 0)
            #expect(try await isFast(otherPath, larder))
            #expect(registry.requests.count() == 0)
            #expect(try await !isFast(layerPath, larder))
            #expect(registry.requests.count("GET", "/blobs/\(layer)") == 1)
        }
    }

    @Test("a tag that moved ends it before the refresh returns")
    func tagMoved() async throws {
        try await withHot { larder, registry in
            #expect(try await isFast(tagPath, larder))
            registry.add(repository: "app", image: other, tags: ["1"])
            _ = try await larder.admin(.POST, "/refresh", #"{"image":"lab.local/app:1"}"#)
            #expect(try await larder.request(.GET, tagPath).body == other.manifest)
            #expect(try await isFast(manifestPath, larder))
        }
    }

    @Test("R52: a tag that is gone, or refused, ends it before the refresh returns")
    func tagGoneOrRefused() async throws {
        let refresh = #"{"image":"lab.local/app:1"}"#
        try await withHot { larder, registry in
            registry.remove(repository: "app", tag: "1")
            let refreshed = try await larder.admin(.POST, "/refresh", refresh)
            let answer = try await larder.request(.GET, tagPath)
            #expect(refreshed.status == 404 && answer.status == 404)
        }
        try await withHot { larder, registry in
            registry.inject(.respond(status: 403), on: RequestMatcher(), uses: 2)
            let refreshed = try await larder.admin(.POST, "/refresh", refresh)
            let answer = try await larder.request(.GET, tagPath)
            #expect(refreshed.status == 503 && answer.status == 403)
            let served = try await larder.request(.GET, tagPath)
            #expect(served.body == image.manifest)
            let answers = [try await isFast(tagPath, larder), try await isFast(tagPath, larder)]
            #expect(answers == [false, true])
        }
    }

    @Test("a tag is answered no longer than it is fresh")
    func freshness() async throws {
        try await withHot { larder, registry in
            let now = larder.store.clock.now()
            try await larder.setVerification(of: "1", in: "app", to: now - 3600)
            #expect(try await !isFast(tagPath, larder))
            #expect(registry.requests.count("HEAD", "/manifests/1") == 1)
            #expect(try await !isFast(tagPath, larder))
            #expect(try await isFast(tagPath, larder))
        }
        try await withHot(change: { $0.tags.freshFor = .zero }) { larder, registry in
            for count in 1...2 {
                let isFast = try await isFast(tagPath, larder)
                #expect(!isFast && registry.requests.count("HEAD", "/manifests/1") == count)
            }
        }
    }

    @Test("a reload ends it before the new configuration is reported")
    func reload() async throws {
        try await withHot { larder, _ in
            let configuration = larder.services.configuration
            let loaded = LoadedConfiguration(configuration: configuration, origins: [:])
            let http = HTTPTransport(
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton, userAgent: "test")
            await ConfigurationReload(
                reload: { loaded }, services: larder.services, registries: larder.registries,
                http: http, logging: LoggingSetup(LogSettings(level: .critical))
            ).apply()
            try await http.shutdown()
            #expect(larder.services.hotObjects.count == 0)
            #expect(try await !isFast(tagPath, larder))
        }
    }

    @Test("R5: a file that was changed is not sent, but verified and fetched again")
    func changedFile() async throws {
        try await withHot { larder, registry in
            let handle = try #require(
                FileHandle(forUpdatingAtPath: larder.store.directory.blob(layer)))
            try handle.write(contentsOf: [image.layers[1][0] ^ 1])
            try handle.close()
            #expect(try await !isFastOrCut(layerPath, larder))
            while try await larder.isStored(layer) { await shortPause() }
            #expect(try await larder.request(.GET, layerPath).body == image.layers[1])
            #expect(registry.requests.count("GET", "/blobs/\(layer)") == 1)
        }
    }

    private func isFastOrCut(_ path: String, _ larder: TestLarder) async throws -> Bool {
        let before = larder.services.hotObjects.answered
        _ = try? await larder.request(.GET, path)
        return larder.services.hotObjects.answered > before
    }

    // MARK: Connections

    @Test("pipelined requests are answered in their order, whichever path answers them")
    func pipelined() async throws {
        try await withHot { larder, _ in
            let before = larder.services.hotObjects.answered
            let requests = [
                layerPath, "/v2/lab.local/app/tags/list", tagPath, layerPath, otherPath,
            ]
            let bytes = try await RawExchange.run(
                port: larder.port,
                requests.map { "GET \($0) HTTP/1.1\r\nHost: 127.0.0.1:\(larder.port)\r\n\r\n" }
                    .joined() + "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            var rest = bytes[...]
            let bodies = [
                image.layers[1], nil, image.manifest, image.layers[1], other.manifest,
                Array("ok\n".utf8),
            ]
            for expected in bodies {
                let (head, body) = try #require(Self.response(&rest))
                #expect(head.hasPrefix("HTTP/1.1 200 OK"))
                if let expected { #expect(body == expected) }
            }
            #expect(rest.isEmpty)
            #expect(larder.services.hotObjects.answered > before)
        }
    }

    /// Takes one response with a Content-Length off the front.
    private static func response(_ bytes: inout ArraySlice<UInt8>) -> (String, [UInt8])? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
            .flatMap { Int($0.dropFirst(16)) }
        guard let length else { return nil }
        defer { bytes = bytes[end.upperBound...].dropFirst(length) }
        return (head, Array(bytes[end.upperBound...].prefix(length)))
    }

    @Test("a client that closed its sending half gets the whole answer, small and large")
    func halfClosed() async throws {
        try await withHot { larder, _ in
            for (path, body) in [(tagPath, image.manifest), (layerPath, image.layers[1])] {
                let bytes = try await RawExchange.run(
                    port: larder.port,
                    "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(larder.port)\r\n\r\n",
                    endsInput: true)
                #expect(Array(bytes.suffix(body.count)) == body)
            }
        }
    }

    @Test("a connection lives on after an error; after nonsense it ends with 400")
    func afterErrors() async throws {
        try await withHot { larder, _ in
            let host = "Host: 127.0.0.1:\(larder.port)\r\n\r\n"
            let before = larder.services.hotObjects.answered
            let bytes = try await RawExchange.run(
                port: larder.port,
                "GET /v2/lab.local/app/manifests/nothing HTTP/1.1\r\n\(host)"
                    + "GET \(layerPath) HTTP/1.1\r\n\(host)" + "what is this\r\n\r\n")
            var rest = bytes[...]
            let statuses = (0..<3).map { _ in Self.response(&rest)?.0.prefix(12) }
            #expect(statuses == ["HTTP/1.1 404", "HTTP/1.1 200", "HTTP/1.1 400"])
            #expect(larder.services.hotObjects.answered <= before + 1)
        }
    }

    @Test(
        "a file cut short while it is sent ends the connection, and nothing holds the file",
        .timeLimit(.minutes(1)))
    func cutShort() async throws {
        try await withHotLargeBlob { larder, client in
            #expect(truncate(larder.store.directory.blob(largeDigest), 1000) == 0)
            while larder.store.committer.openFiles.isOpen(largeDigest) { await shortPause() }
            let body = try? await client.readBody()
            #expect((body?.count ?? 0) < large.count)
        }
    }

    /// The fast path is sending the large blob to a client that does not read it yet.
    private func withHotLargeBlob(
        _ body: @escaping @Sendable (TestLarder, StillClient) async throws -> Void
    ) async throws {
        let path = "/v2/lab.local/app/blobs/\(largeDigest)"
        try await withHot { larder, registry in
            registry.add(repository: "app", blob: large)
            larder.expectRepeatedDownloads(of: [largeDigest])
            _ = try await larder.request(.GET, path)
            try await larder.waitUntilStored(largeDigest)
            _ = try await larder.request(.GET, path)
            let before = larder.services.hotObjects.answered
            let client = try StillClient(port: larder.port, get: path, endsInput: true)
            try await client.waitForFirstByte()
            #expect(larder.services.hotObjects.answered == before + 1)
            try await body(larder, client)
        }
    }

    @Test("what it answers is counted as what the normal path answers")
    func counted() async throws {
        try await withHot { larder, _ in
            // Two pulls of 4 and 3 requests, and one of each path.
            let before = try await larder.traffic(requests: 11)
            for path in [tagPath, layerPath] {
                _ = try await larder.request(.GET, path)
                _ = try await larder.request(.HEAD, path)
            }
            _ = try await larder.request(.GET, layerPath, [("Range", "bytes=5-9")])
            let after = try await larder.traffic(requests: before.requests + 5)
            #expect(after.requests == before.requests + 5 && after.heads == before.heads + 2)
            #expect(after.hits == before.hits + 2 && after.pulls == before.pulls + 1)
            let bytes = Int64(image.manifest.count + image.layers[1].count + 5)
            #expect(after.bytesHit == before.bytesHit + bytes)
        }
    }

    /// Whether this process has the blob's file open, unlinked or not.
    private func isOpen(_ digest: Digest, in larder: TestLarder) -> Bool {
        let path = larder.store.directory.blob(digest)
        return DataDirectory.names(in: "/proc/self/fd").contains { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/\(name)")
            return target?.hasPrefix(path) == true
        }
    }
}
