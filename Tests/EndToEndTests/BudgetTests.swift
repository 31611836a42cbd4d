// More images than fit are pulled by several clients for a while.

import CacheStore
import Foundation
import Synchronization
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Budget {
        private static let limit = 300_000_000
        private static let clients = 4

        @Test("R22, R41: 1 GB of images through a budget of 300 MB: it holds, and no pull fails")
        func holds() async throws {
            try await withTemporaryDirectory { directory in
                let storage = RegistryStorage(root: try directory.newDirectory("storage"))
                let images = try await makeImages(storage, directory)
                let registry = DockerRegistry(storage: storage, directory: directory)
                var larder = LarderProcess(
                    directory: directory,
                    upstreams: ["docker.io": "http://127.0.0.1:\(registry.port)"])
                larder.settings = """
                    cache: {max_size: \(Self.limit), min_free: 0}
                    eviction: {min_age: 0s}
                    """
                let usage = DiskUsage(of: larder.dataDirectory)
                let pulls = try await registry.running { [larder] in
                    try await larder.running { _ in
                        try await watching(usage) { try await pull(images, larder, directory) }
                    }
                }
                print("\(pulls) pulls, at most \(usage.highest) of \(Self.limit) bytes on disk")
                #expect(pulls > Self.clients)
                #expect(usage.samples > 10 * Self.clients)
                #expect(usage.highest <= Self.limit)
                #expect(usage.highest > Self.limit / 2)
                try expectIndexEqualsDisk(larder)
            }
        }

        /// 6 × (40 + 5 × 25) MB.
        private func makeImages(_ storage: RegistryStorage, _ directory: URL) async throws
            -> [Image]
        {
            let builder = ImageBuilder(
                storage: storage, workDirectory: try directory.newDirectory("work"))
            var images: [Image] = []
            for family in 0..<6 {
                images += try await builder.addFamily(
                    "family\(family)/app", count: 5, base: 40_000_000, top: 25_000_000)
            }
            return images
        }

        /// Each client pulls images at random until the time is over.
        /// - Returns: how many pulls there were, all of them right.
        private func pull(_ images: [Image], _ larder: LarderProcess, _ directory: URL)
            async throws -> Int
        {
            let end = ContinuousClock.now + .seconds(budgetSeconds)
            return try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<Self.clients {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(client))
                        var pulls = 0
                        while ContinuousClock.now < end {
                            let image = images[Int.random(in: 0..<images.count, using: &random)]
                            let pulled = try await PullClient.skopeo.pull(image, through: larder)
                            #expect(try pulled == image.amd64.config)
                            let layer = try image.amd64.layers[pulls % 2]
                            let url =
                                "\(larder.url)/v2/docker.io/\(image.repository)/blobs/\(layer)"
                            let digest = try await Curl.digest(of: url)
                            #expect(digest == layer)
                            pulls += 1
                        }
                        return pulls
                    }
                }
                return try await group.reduce(0, +)
            }
        }

        private func watching<Value: Sendable>(
            _ usage: DiskUsage, _ body: @Sendable () async throws -> Value
        ) async throws -> Value {
            let watcher = Task {
                while !Task.isCancelled {
                    usage.sample()
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { watcher.cancel() }
            return try await body()
        }

        private func expectIndexEqualsDisk(_ larder: LarderProcess) throws {
            let database = try Database(
                path: larder.dataDirectory.appending(path: "larder.db").path, mode: .reader)
            let rows = try database.all(
                """
                SELECT lower(hex(substr(value, 2))), disk_size FROM blob
                JOIN digest ON id = digest_id WHERE deleting = 0
                """
            ) { ($0.text(0) ?? "", Int($0.integer(1))) }
            let files = DiskUsage(of: larder.dataDirectory).files("blobs")
            #expect(Dictionary(uniqueKeysWithValues: rows) == files)
            func number(_ sql: String) throws -> Int {
                Int(try database.first(sql) { $0.integer(0) } ?? -1)
            }
            let total = try number("SELECT value FROM counter WHERE name = 'bytes'")
            #expect(total == files.values.reduce(0, +))
            let evictions = try number("SELECT value FROM counter WHERE name = 'evictions'")
            #expect(evictions > 0)
            let errors = try number("SELECT sum(errors) FROM upstream_traffic")
            #expect(errors == 0)
            let left = larder.unfinishedFills.count
            #expect(try number("SELECT count(*) FROM checkpoint") == left)
        }
    }
}

/// What `du` would say of `blobs/` and `fills/`, without their directories.
private final class DiskUsage: Sendable {
    private let root: URL
    private let state = Mutex((highest: 0, samples: 0))

    init(of root: URL) {
        self.root = root
    }

    var highest: Int { state.withLock { $0.highest } }
    var samples: Int { state.withLock { $0.samples } }

    func sample() {
        let used = (Array(files("blobs").values) + files("fills").values).reduce(0, +)
        state.withLock { $0 = (max($0.highest, used), $0.samples + 1) }
    }

    /// Bytes on the disk by the files' names.
    func files(_ name: String) -> [String: Int] {
        let directory = root.appending(path: name).path
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
        let sizes = paths.compactMap { path -> (String, Int)? in
            var status = stat()
            guard lstat("\(directory)/\(path)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return (String(path.split(separator: "/").last ?? ""), Int(status.st_blocks) * 512)
        }
        return Dictionary(sizes) { $1 }
    }
}
