/// Which rows a purge is about.

import OCI

/// What is to be purged, as the index has it.
struct PurgeSelection: Sendable {
    struct TagRow: Hashable, Sendable {
        let repositoryID: Int64
        let name: String
        let digestID: Int64
    }

    /// Digests to go, manifests before what they refer to.
    var removed: [(digest: Digest, kind: EvictionVictim.Kind, diskSize: Int64, name: String?)] = []
    var tags: [TagRow] = []
    /// Repositories that are purged as a whole: their proofs go, so that every digest has to be
    /// proven again there.
    var repositories: [Int64] = []
}

extension Database {
    func purgeSelection(_ pattern: ImagePattern) throws -> PurgeSelection {
        switch pattern {
        case .digest(let digest):
            guard let id = try digestID(digest) else { return PurgeSelection() }
            return try selection(roots: [id], always: [id])
        case .names(let glob, nil):
            return try wholeRepositories(try repositories(matching: glob))
        case .names(let glob, let tag?):
            return try tagged(try repositories(matching: glob), tag)
        }
    }

    func repositories(matching glob: Glob) throws(SQLiteError) -> [Int64] {
        try all(
            """
            SELECT r.id, u.name || '/' || r.name FROM repository r
            JOIN upstream u ON u.id = r.upstream_id
            """
        ) { row in glob.matches(row.text(1) ?? "") ? row.integer(0) : nil }.compactMap(\.self)
    }

    /// All that was proven in these repositories and nowhere else.
    private func wholeRepositories(_ repositories: [Int64]) throws -> PurgeSelection {
        var proofs: [Int64: (here: Int64, all: Int64)] = [:]
        var tags: [PurgeSelection.TagRow] = []
        for repository in repositories {
            let rows = try all(
                """
                SELECT p.digest_id, (SELECT count(*) FROM proof o WHERE o.digest_id = p.digest_id)
                FROM proof p WHERE p.repository_id = ?
                """, .integer(repository)
            ) { (id: $0.integer(0), all: $0.integer(1)) }
            for row in rows { proofs[row.id, default: (0, row.all)].here += 1 }
            tags += try tagRows(of: repository) { _ in true }
        }
        let roots = Set(proofs.filter { $0.value.here == $0.value.all }.keys)
        var selection = try selection(roots: roots, always: [])
        selection.tags = tags
        selection.repositories = repositories
        return selection
    }

    /// The tags that match, and what no other tag and no index that stays names.
    private func tagged(_ repositories: [Int64], _ glob: Glob) throws -> PurgeSelection {
        var tags: [PurgeSelection.TagRow] = []
        for repository in repositories {
            tags += try tagRows(of: repository) { glob.matches($0) }
        }
        let going = Set(tags)
        var roots: Set<Int64> = []
        for id in Set(tags.map(\.digestID)) {
            let others = try all(
                "SELECT repository_id, name FROM tag WHERE digest_id = ?", .integer(id)
            ) {
                PurgeSelection.TagRow(
                    repositoryID: $0.integer(0), name: $0.text(1) ?? "", digestID: id)
            }
            if going.isSuperset(of: others) { roots.insert(id) }
        }
        var selection = try selection(roots: roots, always: [])
        selection.tags = tags
        return selection
    }

    func tagRows(of repository: Int64, _ matches: (String) -> Bool) throws(SQLiteError)
        -> [PurgeSelection.TagRow]
    {
        try all(
            "SELECT name, digest_id FROM tag WHERE repository_id = ?", .integer(repository)
        ) {
            PurgeSelection.TagRow(
                repositoryID: repository, name: $0.text(0) ?? "", digestID: $0.integer(1))
        }.filter { matches($0.name) }
    }

    /// The roots, the images that only indexes among them list, and the configs and layers that
    /// no manifest which stays refers to.
    ///
    /// - Parameter always: ids that go whoever refers to them.
    private func selection(roots: Set<Int64>, always: Set<Int64>) throws
        -> PurgeSelection
    {
        var manifests: Set<Int64> = []
        for id in roots where try isManifest(id) {
            if try always.contains(id) || parents(of: id).isSubset(of: roots) {
                manifests.insert(id)
            }
        }
        for id in manifests {
            for child in try listed(by: id)
            where try parents(of: child).isSubset(of: manifests) && !hasTag(child) {
                manifests.insert(child)
            }
        }
        var blobs = try roots.filter { try !isManifest($0) }
        for id in manifests { blobs.formUnion(try parts(ofManifest: id)) }
        var selection = PurgeSelection()
        for id in manifests { try add(id, .manifest, to: &selection) }
        for id in blobs where try always.contains(id) || referrers(of: id).isSubset(of: manifests) {
            try add(id, .blob, to: &selection)
        }
        return selection
    }

    private func add(
        _ id: Int64, _ kind: EvictionVictim.Kind, to selection: inout PurgeSelection
    ) throws(SQLiteError) {
        let row = try first(
            """
            SELECT d.value, b.disk_size FROM blob b JOIN digest d ON d.id = b.digest_id
            WHERE b.digest_id = ?
            """, .integer(id)
        ) { row in Digest(indexKey: row.blob(0)).map { ($0, row.integer(1)) } }
        guard let (digest, size) = row ?? nil else { return }
        let name = kind == .manifest ? try names(of: id).first?.description : nil
        selection.removed.append((digest, kind, size, name))
    }

    private func isManifest(_ id: Int64) throws(SQLiteError) -> Bool {
        try first("SELECT 1 FROM manifest WHERE digest_id = ?", .integer(id)) { _ in true } ?? false
    }

    private func hasTag(_ id: Int64) throws(SQLiteError) -> Bool {
        try first("SELECT 1 FROM tag WHERE digest_id = ? LIMIT 1", .integer(id)) { _ in true }
            ?? false
    }

    private func listed(by id: Int64) throws(SQLiteError) -> [Int64] {
        try all(
            """
            SELECT c.digest_id FROM child c JOIN manifest m ON m.digest_id = c.digest_id
            WHERE c.manifest_id = ? AND c.relation = 3
            """, .integer(id)
        ) { $0.integer(0) }
    }

    private func parents(of id: Int64) throws(SQLiteError) -> Set<Int64> {
        Set(
            try all(
                "SELECT manifest_id FROM child WHERE digest_id = ? AND relation = 3", .integer(id)
            ) { $0.integer(0) })
    }

    private func referrers(of id: Int64) throws(SQLiteError) -> Set<Int64> {
        Set(
            try all(
                "SELECT manifest_id FROM child WHERE digest_id = ? AND relation IN (1, 2)",
                .integer(id)
            ) { $0.integer(0) })
    }

    private func parts(ofManifest id: Int64) throws(SQLiteError) -> [Int64] {
        try all(
            """
            SELECT digest_id FROM child c WHERE manifest_id = ? AND relation IN (1, 2)
              AND NOT EXISTS (SELECT 1 FROM manifest m WHERE m.digest_id = c.digest_id)
            """, .integer(id)
        ) { $0.integer(0) }
    }

    func deleteTags(_ tags: [PurgeSelection.TagRow]) throws(SQLiteError) {
        for tag in tags {
            let values: [SQLValue] = [.integer(tag.repositoryID), .text(tag.name)]
            try run("DELETE FROM tag WHERE repository_id = ? AND name = ?", values: values)
            try run("DELETE FROM image WHERE repository_id = ? AND reference = ?", values: values)
        }
    }

    func deleteProofs(of repositories: [Int64]) throws(SQLiteError) {
        for repository in repositories {
            try run("DELETE FROM proof WHERE repository_id = ?", .integer(repository))
            try run("DELETE FROM image WHERE repository_id = ?", .integer(repository))
        }
    }
}
