// Commands against a whole Larder in front of a scripted registry, and against its index alone.
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

struct RealServerTests {
    private let image = SyntheticImage(seed: 11)
    private let name = "lab.local/app:latest"

    /// A Larder that was asked for one image, and what a command needs to ask it.
    private struct Asked: Sendable {
        let larder: TestLarder
        let registry: ScriptedRegistry

        func run<Command: ServerCommand>(
            _ type: Command.Type, _ arguments: String...
        ) async throws -> CommandRun {
            let token = "\(larder.store.directory.path)/admin.token"
            let text = String(
                decoding: try BoundedFile.contents(of: token, limit: 100), as: UTF8.self)
            return try await CommandFixture.run(
                type, arguments + ["--server", larder.url, "--token-file", token],
                files: [token: text])
        }
    }

    private func asked(_ body: @escaping @Sendable (Asked) async throws -> Void) async throws {
        try await ScriptedRegistry.with { registry in
            registry.add(repository: "app", image: image)
            try await TestLarder.with(registry, change: { $0.eviction.minAge = .zero }) { larder in
                let path = "/v2/lab.local/app"
                _ = try await larder.request(.GET, "\(path)/manifests/latest")
                try await larder.waitUntilStored("latest", in: "app")
                for blob in image.blobs {
                    _ = try await larder.request(.GET, "\(path)/blobs/\(Digest.sha256(of: blob))")
                }
                try await larder.waitUntilCommitted(Int64(image.blobs.count) + 1)
                try await body(Asked(larder: larder, registry: registry))
            }
        }
    }

    @Test("stats, ls and show tell of what was pulled")
    func query() async throws {
        try await asked { asked in
            let stats = try await asked.run(StatsCommand.self)
            #expect(stats.status == .done, "\(stats.diagnostics)")
            #expect(stats.output.contains("1 image, 1 manifest, 4 objects"))
            #expect(stats.output.contains("\nlab.local "))
            let list = try await asked.run(ListCommand.self, "app")
            #expect(list.lines.count == 2, "\(list.output)\(list.diagnostics)")
            #expect(list.lines.last?.hasPrefix(name) == true)
            #expect(try await asked.run(ListCommand.self, "other").lines.count == 1)
            let show = try await asked.run(ShowCommand.self, name)
            #expect(show.output.contains("\(image.digest)"))
            #expect(
                show.lines.filter { $0.hasPrefix("  layer") && $0.contains(" yes ") }.count == 2)
        }
    }

    @Test("Each list of stats is understood", arguments: StatsCommand.Topic.allCases)
    func topics(topic: StatsCommand.Topic) async throws {
        try await asked { asked in
            let run = try await asked.run(StatsCommand.self, topic.rawValue)
            #expect(run.status == .done, "\(run.diagnostics)")
            let isEmpty = topic == .evictions || topic == .cold
            #expect((run.lines.count == 1) == isEmpty)
        }
    }

    @Test("stats cold takes an age, and its error is the server's")
    func cold() async throws {
        try await asked { asked in
            let fresh = try await asked.run(StatsCommand.self, "cold", "--older-than", "1d")
            #expect(fresh.lines.count == 1, "\(fresh.diagnostics)")
            let wrong = try await asked.run(StatsCommand.self, "cold", "--older-than", "1")
            #expect(wrong.status == .failed)
            #expect(wrong.diagnostics.contains("expected a duration"))
        }
    }

    @Test("What is pinned stays when all else is evicted, until it is unpinned")
    func pins() async throws {
        try await asked { asked in
            #expect(try await asked.run(PinCommand.self, "lab.local/app").status == .done)
            #expect(
                try await asked.run(PinsCommand.self).lines.last == "lab.local/app  runtime")
            #expect(try await asked.run(ShowCommand.self, name).output.contains("by lab.local/app"))
            let kept = try await asked.run(EvictCommand.self, "--to", "0")
            #expect(kept.status == .failed)
            #expect(kept.output == "nothing to evict\n")
            #expect(try await asked.run(UnpinCommand.self, "lab.local/app").status == .done)
            #expect(try await asked.run(PinsCommand.self).lines.count == 1)
        }
    }

    @Test("purge says what would go, then removes it, and then it is unknown")
    func purge() async throws {
        try await asked { asked in
            let would = try await asked.run(PurgeCommand.self, name, "--dry-run")
            #expect(would.lines.last?.hasPrefix("would purge 1 tag, 1 manifest, 3 blobs") == true)
            #expect(try await asked.run(ShowCommand.self, name).status == .done)
            let purged = try await asked.run(PurgeCommand.self, name)
            #expect(purged.output.hasPrefix("purged 1 tag, 1 manifest, 3 blobs"))
            let show = try await asked.run(ShowCommand.self, name)
            #expect(show.status == .failed)
            #expect(show.diagnostics.contains("is not in the cache"))
        }
    }

    @Test("refresh finds that a tag has moved")
    func refresh() async throws {
        try await asked { asked in
            let same = try await asked.run(RefreshCommand.self, name)
            #expect(same.output == "\(name) is still \(image.digest)\n", "\(same.diagnostics)")
            let next = SyntheticImage(seed: 12)
            asked.registry.add(repository: "app", image: next)
            let moved = try await asked.run(RefreshCommand.self, name)
            #expect(moved.lines == ["\(name) is now \(next.digest)", "it was \(image.digest)"])
            #expect(try await asked.run(RefreshCommand.self, "lab.local/none").status == .failed)
        }
    }

    @Test("verify reads everything, backup copies the index")
    func upkeep() async throws {
        try await asked { asked in
            let verify = try await asked.run(VerifyCommand.self)
            #expect(verify.status == .done, "\(verify.diagnostics)")
            #expect(verify.output.hasPrefix("verified 4 of 4 objects"), "\(verify.output)")
            let backup = try await asked.run(BackupCommand.self)
            #expect(backup.output.hasPrefix("\(asked.larder.store.directory.path)/backups/"))
        }
    }

    @Test("offline on has nothing asked, off has it asked again")
    func offlineUpstream() async throws {
        try await asked { asked in
            #expect(try await asked.run(OfflineCommand.self, "on", "lab.local").status == .done)
            let state = try await asked.run(OfflineCommand.self)
            #expect(
                state.lines.contains { $0.hasPrefix("lab.local ") && $0.contains("yes") },
                "\(state.output)")
            let refresh = try await asked.run(RefreshCommand.self, name)
            #expect(refresh.status == .failed)
            #expect(refresh.diagnostics.contains("offline"))
            let stats = try await asked.run(StatsCommand.self, "upstreams")
            #expect(stats.lines.contains { $0.hasPrefix("lab.local") && $0.contains("offline") })
            #expect(try await asked.run(OfflineCommand.self, "off").status == .done)
            #expect(try await asked.run(RefreshCommand.self, name).status == .done)
            #expect(try await asked.run(OfflineCommand.self, "on", "no.such").status == .failed)
        }
    }

    @Test("A wrong token is refused")
    func wrongToken() async throws {
        try await asked { asked in
            let run = try await CommandFixture.run(
                PinsCommand.self, ["--server", asked.larder.url],
                variables: ["LARDER_ADMIN_TOKEN": "wrong"])
            #expect(run.status == .unreachable)
            #expect(run.diagnostics.contains("refuses the admin token of LARDER_ADMIN_TOKEN"))
        }
    }

    @Test("Without a server the index answers the same, and that is said")
    func offline() async throws {
        try await asked { asked in
            _ = try await asked.run(PinCommand.self, "quay.io/*/*")
            let directory = asked.larder.store.directory.path
            let configuration = """
                listen: 127.0.0.1:1
                data_dir: \(directory)
                upstreams:
                  lab.local: {url: "http://127.0.0.1:1", allow_http: true}
                """
            func alone<Command: ServerCommand>(
                _ type: Command.Type, _ arguments: String...
            ) async throws -> CommandRun {
                try await CommandFixture.run(
                    type, arguments, files: ["/etc/larder/larder.yaml": configuration])
            }
            let list = try await alone(ListCommand.self, "--json")
            #expect(list.output == (try await asked.run(ListCommand.self, "--json").output))
            #expect(
                list.diagnostics == "larder is not running: read from the index in \(directory)\n")
            let show = try await alone(ShowCommand.self, name, "--json")
            #expect(show.output == (try await asked.run(ShowCommand.self, name, "--json").output))
            #expect(try await alone(PinsCommand.self).lines.last == "quay.io/*/*  runtime")
            let stats = try await alone(StatsCommand.self)
            #expect(stats.output.contains("not running"), "\(stats.diagnostics)")
            #expect(stats.output.contains("1 image, 1 manifest, 4 objects"))
            #expect(try await alone(ShowCommand.self, "lab.local/no").status == .failed)
            #expect(try await alone(PurgeCommand.self, name).status == .unreachable)
        }
    }
}

extension TestLarder {
    /// Waits until so many files and the image are in the index: responses do not wait for it.
    fileprivate func waitUntilCommitted(_ count: Int64) async throws {
        while true {
            await store.flushAccounts()
            let totals = try await store.indexReports.totals()
            if totals.objects >= count, totals.images > 0 { return }
            await shortPause()
        }
    }
}
