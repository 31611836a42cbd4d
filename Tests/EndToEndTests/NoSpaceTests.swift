// The disk is full: nothing fails that the upstream can serve.

import Foundation
import OCI
import TestKit
import Testing

extension EndToEnd {
    @Suite struct NoSpace {
        private static let clients = 3
        private static let cached = SeededBytes.make(count: 100_000, seed: 1)
        private static let cold = SeededBytes.make(count: 8_000_000, seed: 2)

        private struct Setting {
            let registry: ScriptedRegistry
            let larder: LarderProcess
            let disk: SmallFileSystem

            func url(_ bytes: [UInt8]) -> String {
                "\(larder.url)/v2/lab.local/app/blobs/\(OCI.Digest.sha256(of: bytes))"
            }

            func expectHit() async throws {
                let answer = try await Curl.get(url(cached))
                #expect(answer[header: "X-Cache"] == "HIT")
                #expect(answer.body == Data(cached))
            }

            /// How often the cold blob was asked for.
            var coldFetches: Int {
                registry.requests.count("GET", "\(OCI.Digest.sha256(of: cold))")
            }
        }

        /// Larder on a small file system, with one blob in its store.
        private func withSetting(_ body: @Sendable (Setting) async throws -> Void) async throws {
            try await ScriptedRegistry.with { registry in
                registry.add(repository: "app", blob: Self.cached)
                registry.add(repository: "app", blob: Self.cold)
                try await withTemporaryDirectory { directory in
                    var larder = LarderProcess(
                        directory: directory, upstreams: ["lab.local": registry.url])
                    larder.settings = "cache: {min_free: 0}"
                    try await SmallFileSystem.with(at: larder.dataDirectory) { [larder] disk in
                        let setting = Setting(registry: registry, larder: larder, disk: disk)
                        try await larder.running { _ in
                            _ = try await Curl.get(setting.url(Self.cached))
                            try await eventually("the blob is a hit") {
                                try await Curl.get(setting.url(Self.cached))[header: "X-Cache"]
                                    == "HIT"
                            }
                            try await body(setting)
                        }
                    }
                }
            }
        }

        @Test(
            "R38, R40: bytes or inodes run out in mid-fill: each client has all of it",
            arguments: SmallFileSystem.Resource.allCases)
        func midFill(resource: SmallFileSystem.Resource) async throws {
            try await withSetting { setting in
                let (registry, larder) = (setting.registry, setting.larder)
                let url = setting.url(Self.cold)
                registry.inject(.stall(after: 2_000_000), on: RequestMatcher("GET", "/blobs/"))
                try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<Self.clients {
                        group.addTask { try await Curl.digest(of: url) }
                    }
                    try await eventually("clients wait for the rest") {
                        try await Curl.head(url)[header: "Cache-Status"]?
                            .contains("collapsed") == true
                            && larder.unfinishedFills.count == 1
                    }
                    try await setting.disk.useUp(resource)
                    registry.release("stall")
                    for try await digest in group {
                        #expect(digest == "\(OCI.Digest.sha256(of: Self.cold))")
                    }
                }
                #expect(setting.coldFetches == 1 + (resource == .bytes ? Self.clients : 0))
                try await eventually("nothing is left in fills/") {
                    larder.unfinishedFills.isEmpty
                }
                try await setting.expectHit()
                try setting.disk.release()
                try await expectKeptAgain(setting)
            }
        }

        @Test(
            "R38, R40: bytes or inodes are gone before a pull: it is streamed, hits go on",
            arguments: SmallFileSystem.Resource.allCases)
        func beforePull(resource: SmallFileSystem.Resource) async throws {
            try await withSetting { setting in
                try await setting.disk.useUp(resource)
                for _ in 0..<2 {
                    let digest = try await Curl.digest(of: setting.url(Self.cold))
                    #expect(digest == "\(OCI.Digest.sha256(of: Self.cold))")
                    try await setting.expectHit()
                }
                #expect(setting.larder.unfinishedFills.isEmpty)
                try setting.disk.release()
                try await expectKeptAgain(setting)
            }
        }

        @Test("R39: SQLite cannot write: serving goes on, and so does writing once it can")
        func indexFull() async throws {
            try await withSetting { setting in
                try await setting.disk.useUp(.bytes)
                try await eventually("the index cannot be written") {
                    try await setting.expectHit()
                    let log = try String(contentsOf: setting.larder.log, encoding: .utf8)
                    return log.contains("not written")
                }
                let digest = try await Curl.digest(of: setting.url(Self.cold))
                #expect(digest == "\(OCI.Digest.sha256(of: Self.cold))")
                try await setting.expectHit()
                try setting.disk.release()
                try await expectKeptAgain(setting)
            }
        }

        /// With space again, the next pull is stored and the one after it a hit.
        private func expectKeptAgain(_ setting: Setting) async throws {
            try await eventually("the blob is kept") {
                let answer = try await Curl.get(setting.url(Self.cold))
                #expect(answer.body == Data(Self.cold))
                return answer[header: "X-Cache"] == "HIT"
            }
        }
    }
}
