/// What must hold of a store whatever happened to it, said once more in the plainest way.
import Foundation
import OCI
import Synchronization
import TestKit
import Testing

@testable import CacheStore

extension TestStore {
    func expectConsistent(
        reserved: Int64 = 0, held: Int64 = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await inconsistencies(reserved: reserved, held: held)
        #expect(found == [], sourceLocation: sourceLocation)
    }

    /// Compares the sums, the orphans, the files and the budget with a full look at each.
    ///
    /// - Parameters:
    ///   - reserved: bytes promised to fills that run.
    ///   - held: bytes of unlinked files that are open.
    func inconsistencies(reserved: Int64, held: Int64) async throws -> [String] {
        await waitUntilHeld(held)
        var found = try await store.writer.perform { try $0.inconsistencies() }
        let rows = try await rows()
        let state = store.budget.state
        let partials = store.partials.withLock { $0.values.reduce(0) { $0 + $1.size } }
        let facts = [
            ("index equals disk", rows == files()),
            ("committed \(state.committed)", state.committed == rows.values.reduce(0, +)),
            ("reserved \(state.reserved)", state.reserved == partials + reserved),
            ("held \(state.held), not \(held)", state.held == held),
            ("used \(state.used)", state.used <= state.limit),
            ("disk usage \(diskUsage())", diskUsage() <= state.limit),
        ]
        found += facts.filter { !$0.1 }.map(\.0)
        return found
    }

    /// The thread that worked on a file last may let go of it a moment after its caller.
    private func waitUntilHeld(_ bytes: Int64) async {
        for _ in 0..<5_000 where store.budget.state.held != bytes { await shortPause() }
    }

    private func rows() async throws -> [String: Int64] {
        let rows = try await store.reports.read { database in
            try database.all(
                "SELECT d.value, disk_size FROM blob JOIN digest d ON d.id = digest_id"
            ) { (Digest(indexKey: $0.blob(0))?.hex ?? "", $0.integer(1)) }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private func files() -> [String: Int64] {
        let files = blocks(below: "data/blobs").map { path, size in
            (String(path.split(separator: "/").last ?? ""), size)
        }
        return Dictionary(uniqueKeysWithValues: files)
    }

    /// Bytes that files take below `blobs/` and `fills/`, as `du` counts them.
    func diskUsage() -> Int64 {
        (blocks(below: "data/blobs") + blocks(below: "data/fills")).reduce(0) { $0 + $1.size }
    }

    private func blocks(below name: String) -> [(path: String, size: Int64)] {
        let root = directory.file(name)
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
        return paths.compactMap { path in
            var status = stat()
            guard lstat(root + "/" + path, &status) == 0, status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return (path, Int64(status.st_blocks) * 512)
        }
    }
}

extension Database {
    /// Each sum or set that a trigger keeps and that differs from what a full query says.
    func inconsistencies() throws -> [String] {
        var found: [String] = []
        for (name, kept, full) in Self.sums {
            let rows = try all("SELECT (\(kept)) IS NOT (\(full))") { $0.integer(0) }
            if rows.contains(1) { found.append(name) }
        }
        if try all(Self.orphans, map: { $0.integer(0) })
            != all("SELECT digest_id FROM orphan ORDER BY 1", map: { $0.integer(0) })
        {
            found.append("orphans")
        }
        for query in Self.mustBeEmpty where try first(query, map: { _ in true }) != nil {
            found.append(query)
        }
        return found + (try contentSizes())
    }

    private static let sums = [
        ("blobs", "SELECT value FROM counter WHERE name = 'blobs'", "SELECT count(*) FROM blob"),
        (
            "bytes", "SELECT value FROM counter WHERE name = 'bytes'",
            "SELECT coalesce(sum(disk_size), 0) FROM blob"
        ),
        (
            "upstreams", "SELECT group_concat(id || ':' || blobs || ':' || bytes) FROM upstream",
            """
            SELECT group_concat(id || ':'
                || (SELECT count(*) FROM blob b WHERE b.upstream_id = u.id) || ':'
                || (SELECT coalesce(sum(disk_size), 0) FROM blob b WHERE b.upstream_id = u.id))
            FROM upstream u
            """
        ),
    ]

    private static let orphans = """
        SELECT digest_id FROM blob
        WHERE digest_id NOT IN (SELECT digest_id FROM manifest)
          AND digest_id NOT IN (SELECT digest_id FROM child WHERE relation IN (1, 2))
        ORDER BY 1
        """

    private static let mustBeEmpty = [
        "SELECT 1 FROM orphan o JOIN access a USING (digest_id) WHERE o.accessed_at < a.accessed_at",
        "SELECT 1 FROM blob WHERE digest_id NOT IN (SELECT digest_id FROM access)",
        "SELECT 1 FROM blob WHERE deleting = 1",
        "SELECT 1 FROM image WHERE digest_id NOT IN (SELECT digest_id FROM manifest)",
        "SELECT 1 FROM pragma_foreign_key_check",
        """
        SELECT 1 FROM blob b JOIN proof p USING (digest_id) WHERE b.upstream_id IS NULL
        """,
    ]

    private struct Size {
        var own: Int64
        var parts: [Int64: Int64] = [:]
        var listed: Set<Int64> = []
    }

    /// Manifests whose `content_size` is not the sum of what they refer to.
    private func contentSizes() throws -> [String] {
        var sizes: [Int64: Size] = [:]
        for (id, size) in try all(
            "SELECT digest_id, size FROM manifest JOIN blob USING (digest_id)",
            map: { ($0.integer(0), $0.integer(1)) })
        { sizes[id] = Size(own: size) }
        for (parent, child, relation, size) in try all(
            "SELECT manifest_id, digest_id, relation, size FROM child",
            map: { ($0.integer(0), $0.integer(1), $0.integer(2), $0.integer(3)) })
        {
            if relation <= 2 { sizes[parent]?.parts[child] = size }
            if relation == 3 { sizes[parent]?.listed.insert(child) }
        }
        func total(_ id: Int64) -> Int64 {
            guard let size = sizes[id] else { return 0 }
            let listed = size.listed.reduce(0) { $0 + total($1) }
            return size.own + size.parts.values.reduce(0, +) + listed
        }
        return try all("SELECT digest_id, content_size FROM manifest") {
            ($0.integer(0), $0.integer(1))
        }.compactMap { id, kept in kept == total(id) ? nil : "content_size of \(id)" }
    }
}
