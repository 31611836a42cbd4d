/// Ranged fetches ahead of a fill's prefix: few, shared, and only as long as somebody reads.

import CacheStore
import Logging
import NIOCore
import OCI
import Upstream

/// Which ranges are being fetched ahead, for one fill.
actor RangedFetches {
    enum Claim {
        case granted(Int)
        /// A running fetch will soon bring the byte.
        case covered
        /// As many as may run are running.
        case full
    }

    private let limit: Int
    private var active: [Int: Range<Int64>] = [:]
    private var nextID = 0
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter reach: how far past what it has written a running fetch may be relied on.
    func claim(_ range: Range<Int64>, of content: GrowingFile, reach: Int64) -> Claim {
        let isCovered = active.values.contains { running in
            let soon = content.writtenEnd(from: running.lowerBound) + reach
            return running.contains(range.lowerBound) && range.lowerBound <= soon
        }
        if isCovered { return .covered }
        guard active.count < limit else { return .full }
        nextID += 1
        active[nextID] = range
        return .granted(nextID)
    }

    func release(_ id: Int) {
        active[id] = nil
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    /// Waits until one of the running fetches ends.
    func change() async {
        guard !active.isEmpty else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}

/// Brings one span that begins far ahead of the prefix.
struct RangeAhead: Sendable {
    /// What is asked for is rounded up to this, so that many small ranges in a row share.
    private static let granule: Int64 = 1 << 20

    let fetch: BlobFetch
    let fill: Fill

    private var reach: Int64 { fetch.settings.rangeAhead.bytes }

    func isFarAhead(_ span: FileSpan) -> Bool {
        span.start > fill.position + reach && span.end != nil
    }

    /// Ends when the span is written, when the prefix comes near, or when its reader is gone.
    func run(_ span: FileSpan) async {
        guard let end = span.end, let length = fill.content.length else { return }
        while !Task.isCancelled {
            let start = fill.content.writtenEnd(from: span.start)
            guard start < end, start > fill.position + reach else { return }
            let range = start..<stop(start: start, end: end, length: length)
            switch await fetch.ahead.claim(range, of: fill.content, reach: reach) {
            case .covered, .full: await fetch.ahead.change()
            case .granted(let id):
                let goOn = await bring(range)
                await fetch.ahead.release(id)
                guard goOn else { return }
            }
        }
    }

    private func stop(start: Int64, end: Int64, length: Int64) -> Int64 {
        let rounded = max(end, start + Self.granule)
        let next = fill.content.nextWritten(from: start) ?? length
        return min(rounded, next, length)
    }

    /// - Returns: false where the upstream cannot do it: the span then waits for the prefix.
    private func bring(_ range: Range<Int64>) async -> Bool {
        do {
            let response = try await fetch.target.registry.client.blob(
                fetch.target.key.repository, fetch.digest,
                range: RequestedRange(start: range.lowerBound, end: range.upperBound),
                total: fill.content.length)
            guard case .partial = response.kind else { return false }
            var offset = range.lowerBound
            for try await chunk in response.body {
                try Task.checkCancellation()
                fetch.store.recordFetched(
                    Int64(chunk.readableBytes), for: fetch.target.key)
                try await fill.write(chunk, at: offset)
                offset += Int64(chunk.readableBytes)
            }
            return true
        } catch {
            fetch.logger.debug(
                "ranged fetch broke off",
                metadata: ["digest": "\(fetch.digest)", "error": "\(error)"])
            return false
        }
    }
}
