/// Keeping the budget: room for what comes, watermarks, pins.

import Logging
import NIOPosix
import OCI
import Synchronization

extension Store {
    /// Partials left longer ago go before any image. Seconds.
    private static let partialGrace: Int64 = 3600
    /// Partials left longer ago go although there is room. Seconds.
    private static let partialLifetime: Int64 = 86_400

    /// Room for `bytes` more, evicting for it where there is none.
    ///
    /// - Parameter upstream: whose share it counts against.
    /// - Returns: nil where it cannot be had: the object is to be streamed uncached (R42).
    package func reserve(_ bytes: Int64, upstream: String) async -> Reservation? {
        do {
            guard try await makeShareRoom(bytes, upstream) else { return nil }
            try await measureSpace()
            if let reservation = budget.reserve(bytes) { return reservation }
            guard Budget.inBlocks(bytes) <= budget.state.limit else { return nil }
            try await dropPartials(leftBefore: clock.now() - Self.partialGrace)
            let budget = budget
            let size = Budget.inBlocks(bytes)
            let report = try await evictor.evict(
                EvictionGoal(reason: reason(for: size), isUrgent: true) { [self] in
                    try await measureSpace()
                    return budget.state.missing(for: size)
                })
            await reportPins(isComplete: report.isComplete)
            if let reservation = budget.reserve(bytes) { return reservation }
            try await dropPartials(leftBefore: .max)
            try await emptyQuarantine()
            return budget.reserve(bytes)
        } catch {
            logger.warning("no room could be made", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func reason(for bytes: Int64) -> EvictionReason {
        let state = budget.state
        return state.used + bytes > state.limit ? .budget : .freeSpace
    }

    /// Upstreams with a `max_size` of their own: counted as blobs are committed.
    private func makeShareRoom(_ bytes: Int64, _ upstream: String) async throws -> Bool {
        guard let limit = shareLimit(of: upstream) else { return true }
        guard bytes <= limit else { return false }
        let plans = plans
        let missing: @Sendable () async throws -> Int64 = {
            try await plans.read { try $0.bytes(of: upstream) } + bytes - limit
        }
        _ = try await evictor.evict(
            EvictionGoal(
                reason: .upstreamBudget, isUrgent: true, upstream: upstream, missing: missing))
        return try await missing() <= 0
    }

    package func shareLimit(of upstream: String) -> Int64? {
        limits.withLock { limits in
            limits.settings.upstreamMaxSize[upstream].map { $0.bytes(of: limits.totalSpace) }
        }
    }

    /// Takes new limits over; what is too much by them goes with the next `keepBudget()`.
    package func apply(_ settings: StoreLimits) async throws {
        await evictor.apply(settings)
        pinsExceedBudget.withLock { $0 = false }
        let space = try await threads.io.runIfActive { [directory] in try directory.space() }
        limits.withLock { $0 = Limits(settings: settings, totalSpace: space.total) }
        budget.setLimit(settings.maxSize.bytes(of: space.total))
        try await measureSpace()
    }

    /// Asks the file system what it has left above `min_free`.
    func measureSpace() async throws {
        let space = try await threads.fills.run { [directory] in try directory.space() }
        let floor = limits.withLock { $0.settings.minFree.bytes(of: space.total) }
        budget.setSpare(space.available - floor)
    }

    /// Evicts down to the low watermark where the high one is passed, what upstreams have above
    /// their share, and what was not used for `max_unused`. To be called every second or so.
    package func keepBudget() async {
        do {
            try await measureSpace()
            try await keepWatermarks()
            for upstream in limits.withLock({ Array($0.settings.upstreamMaxSize.keys) }) {
                _ = try await makeShareRoom(0, upstream)
            }
            try await evictUnused()
            try await dropPartials(leftBefore: clock.now() - Self.partialLifetime)
        } catch is CancellationError {
            return
        } catch {
            logger.warning("eviction broke off", metadata: ["error": "\(error)"])
        }
    }

    private func keepWatermarks() async throws {
        let settings = limits.withLock { $0.settings }
        let (budget, limit) = (budget, budget.state.limit)
        let high = limit / 100 * Int64(settings.highWatermark)
        let isShort = budget.state.missing(for: 0) > 0
        guard budget.state.used > high || isShort else { return }
        let low = limit / 100 * Int64(settings.lowWatermark)
        let reason = reason(for: 0)
        let report = try await evictor.evict(
            EvictionGoal(reason: budget.state.used > high ? .budget : reason) { [self] in
                try await measureSpace()
                return max(budget.state.used - low, budget.state.missing(for: 0))
            })
        await reportPins(isComplete: report.isComplete)
    }

    /// Pins that leave no room are told of, once, until an eviction finds room again.
    private func reportPins(isComplete: Bool) async {
        let state = budget.state
        let hasPins = await !evictor.pins.isEmpty
        let isExceeded = hasPins && !isComplete
        let isNew = pinsExceedBudget.withLock { known in
            defer { known = isExceeded }
            return isExceeded && !known
        }
        guard isNew else { return }
        logger.warning(
            "what is pinned, in use or young leaves no room in the budget",
            metadata: ["used": "\(state.used)", "limit": "\(state.limit)"])
    }

    private func evictUnused() async throws {
        guard let maxUnused = limits.withLock({ $0.settings.maxUnused }) else { return }
        let end = clock.now() - maxUnused
        let plans = plans
        _ = try await evictor.evict(
            EvictionGoal(reason: .unused, end: end) {
                let isThere = try await plans.read {
                    try !$0.coldest(limit: 1, before: end, upstream: nil).coldest.isEmpty
                }
                return isThere ? .max : 0
            })
    }

    /// Evicts until no more than `bytes` are used.
    package func evict(to bytes: Int64, isDryRun: Bool) async throws -> EvictionReport {
        let budget = budget
        let goal = EvictionGoal(reason: .requested) { budget.state.used - bytes }
        return try await isDryRun ? evictor.preview(goal) : evictor.evict(goal)
    }
}

// MARK: Pins

extension Store {
    /// Those of the configuration first, then those made at run time.
    package func pins() async throws -> (configured: [ImagePattern], made: [ImagePattern]) {
        let made = try await reports.read { try $0.pins() }.map { try ImagePattern($0) }
        return (limits.withLock { $0.settings.pins }, made)
    }

    /// - Returns: whether it is new.
    package func pin(_ pattern: ImagePattern) async throws -> Bool {
        let now = clock.now()
        let isNew = try await writer.perform { try $0.insertPin("\(pattern)", now: now) }
        await evictor.setPins(try await pins().made)
        return isNew
    }

    /// - Returns: whether there was one.
    package func unpin(_ pattern: ImagePattern) async throws -> Bool {
        let existed = try await writer.perform { try $0.deletePin("\(pattern)") }
        await evictor.setPins(try await pins().made)
        pinsExceedBudget.withLock { $0 = false }
        return existed
    }
}

extension StoreLimits.Size {
    func bytes(of total: Int64) -> Int64 {
        switch self {
        case .bytes(let bytes): bytes
        case .percent(let percent): total / 100 * Int64(percent)
        }
    }
}
