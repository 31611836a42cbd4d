/// Reads stored content again and compares it with its digest (R5).

import Logging
import NIOPosix
import OCI
import Synchronization

extension Store {
    /// Verifies all that `pattern` is about, or everything, in the background; what is damaged
    /// is quarantined and fetched again at its next use.
    package func startScrub(_ pattern: ImagePattern?, bytesPerSecond: Int64) {
        scrub.start(at: clock.now()) { [self] scrub in
            let known = try await reports.read { try $0.counter("blobs") }
            scrub.update { $0.objects = known }
            if let pattern {
                let digests = try await reports.read { try $0.contents(of: pattern) }
                scrub.update { $0.objects = Int64(digests.count) }
                try await check(digests, bytesPerSecond, scrub)
            } else {
                try await checkAll(bytesPerSecond, scrub)
            }
            let now = clock.now()
            scrub.update { $0.endedAt = now }
            if pattern == nil {
                try await writer.perform { try $0.setCounter("scrubbed_at", to: now) }
            }
        }
    }

    /// - Parameter interval: seconds between two scrubs of everything.
    package func isScrubDue(every interval: Int64) async throws -> Bool {
        let last = try await reports.read { database in
            try max(database.counter("scrubbed_at"), database.counter("since"))
        }
        return clock.now() - last >= interval
    }

    package var scrubProgress: ScrubProgress { scrub.progress }

    package func stopScrub() async { await scrub.stop() }

    private func checkAll(_ bytesPerSecond: Int64, _ scrub: Scrub) async throws {
        var lastID: Int64 = 0
        while true {
            let after = lastID
            let page = try await reports.read { try $0.blobs(after: after, limit: 100) }
            guard let last = page.last else { return }
            lastID = last.id
            try await check(page.map(\.digest), bytesPerSecond, scrub)
        }
    }

    private func check(_ digests: [Digest], _ bytesPerSecond: Int64, _ scrub: Scrub) async throws {
        for digest in digests {
            try Task.checkCancellation()
            let beganAt = ContinuousClock.now
            let size = try await checkBlob(digest, scrub)
            let due = Duration.seconds(Double(size) / Double(max(1, bytesPerSecond)))
            let spent = ContinuousClock.now - beganAt
            if due > spent { try await Task.sleep(for: due - spent) }
        }
    }

    /// - Returns: bytes read.
    private func checkBlob(_ digest: Digest, _ scrub: Scrub) async throws -> Int64 {
        let opened = try await threads.io.runIfActive { [directory] in
            do throws(FileError) {
                let file = try OpenFile.openForReading(directory.blob(digest))
                return (file, try file.identity().size) as (OpenFile, Int64)?
            } catch {
                guard error.isMissing else { throw error }
                return nil
            }
        }
        guard let (file, size) = opened else { return 0 }
        let found = try await hash(file, size: size, digest.algorithm)
        scrub.update { progress in
            progress.checkedObjects += 1
            progress.checkedBytes += size
            progress.damagedObjects += found == digest ? 0 : 1
        }
        if found != digest { try await quarantine(digest, found: found) }
        return size
    }

    /// Takes a damaged blob out of the store.
    func quarantine(_ digest: Digest, found: Digest) async throws {
        logger.error(
            "a blob is damaged: quarantined, to be fetched again at its next use",
            metadata: ["digest": "\(digest)", "found": "\(found)"])
        counters.foundDamage()
        let now = clock.now()
        let blob = directory.blob(digest)
        let removal = try await committer.remove([digest]) { [quarantine] in
            try await quarantine.take(digest, from: blob, now: now)
        } recording: { database in
            try database.logRemoval(
                digest, kind: .blob, name: nil, reason: .damaged, bytes: 0, lastUsed: now, now: now)
        }
        counters.evicted(.damaged, objects: removal.count, bytes: removal.bytes)
        try await measureQuarantine()
    }

    /// What lies in quarantine counts against the budget.
    func measureQuarantine() async throws {
        let size = try await quarantine.size()
        quarantined.withLock { $0 = size > 0 ? budget.account(size) : nil }
    }

    func emptyQuarantine() async throws {
        guard quarantined.withLock({ $0 != nil }) else { return }
        try await quarantine.empty()
        try await measureQuarantine()
    }
}
