/// Taking images out of the store because somebody asks for it.

import OCI

/// What a purge did, or would do.
package struct PurgeReport: Sendable {
    package struct Item: Sendable {
        package let digest: Digest
        package let kind: String
        package let name: String?
        /// Bytes on the disk.
        package let bytes: Int64
    }

    package var tags = 0
    package var manifests = 0
    package var blobs = 0
    package var freedBytes: Int64 = 0
    /// Of them, those that running downloads keep until they end; they count against the
    /// budget until then.
    package var heldBytes: Int64 = 0
    /// The first thousand.
    package var items: [Item] = []
}

extension Store {
    private static let purgeBatch = 128

    /// Removes what `pattern` is about: tags, and what nothing that stays needs. Returns when
    /// the files are unlinked. Pins do not protect from it.
    package func purge(_ pattern: ImagePattern, isDryRun: Bool) async throws -> PurgeReport {
        await flushAccounts()
        let selection = try await reports.read { try $0.purgeSelection(pattern) }
        var report = PurgeReport(selection)
        guard !isDryRun else { return report }
        try await writer.perform { database in
            try database.deleteTags(selection.tags)
            try database.deleteProofs(of: selection.repositories)
        }
        changes.everything()
        report.freedBytes = 0
        for start in stride(from: 0, to: selection.removed.count, by: Self.purgeBatch) {
            let batch = selection.removed[start...].prefix(Self.purgeBatch)
            let now = clock.now()
            let removal = try await committer.remove(Set(batch.map(\.digest))) { database in
                for entry in batch {
                    try database.logRemoval(
                        entry.digest, kind: entry.kind, name: entry.name, reason: .purged,
                        bytes: entry.diskSize, lastUsed: now, now: now)
                }
            }
            counters.evicted(.purged, objects: removal.count, bytes: removal.bytes)
            report.freedBytes += removal.bytes
            report.heldBytes += removal.heldBytes
        }
        return report
    }
}

extension PurgeReport {
    fileprivate init(_ selection: PurgeSelection) {
        tags = selection.tags.count
        for entry in selection.removed {
            if entry.kind == .manifest { manifests += 1 } else { blobs += 1 }
            freedBytes += entry.diskSize
            guard items.count < EvictionReport.listed else { continue }
            items.append(
                Item(
                    digest: entry.digest, kind: entry.kind.rawValue, name: entry.name,
                    bytes: entry.diskSize))
        }
    }
}
