/// Carries plans out, one at a time: reads the coldest rows, deletes the victims in batches.

import Logging
import OCI

/// What an eviction did, or would do.
package struct EvictionReport: Sendable {
    package var victims: [EvictionVictim] = []
    package var count = 0
    /// Bytes on the disk.
    package var bytes: Int64 = 0
    /// Of them, those that running downloads keep until they end.
    package var heldBytes: Int64 = 0
    /// Whether everything that was asked for could be freed.
    package var isComplete = true

    /// The victims of a report that an answer lists.
    static let listed = 1000

    mutating func add(_ plan: EvictionPlan, _ removal: Committer.Removal) {
        victims += plan.victims.prefix(max(0, Self.listed - victims.count))
        count += plan.victims.count
        bytes += removal.bytes
        heldBytes += removal.heldBytes
    }
}

/// What is to be reached.
struct EvictionGoal: Sendable {
    let reason: EvictionReason
    /// Whether somebody waits for it; otherwise it leaves half of its time to others.
    var isUrgent = false
    /// Only what counts against this upstream's budget.
    var upstream: String?
    /// Nothing of this rank or a later one goes; by default `min_age` before now.
    var end: Int64?
    /// Bytes that are still to be freed.
    let missing: @Sendable () async throws -> Int64
}

actor Evictor {
    private static let batch = 64
    private static let dryRunLimit = 10_000

    private let index: IndexReader
    private let writer: IndexWriter
    private let committer: Committer
    private let flush: @Sendable () async -> Void
    private let counters: StoreCounters
    private let logger: Logger
    private var limits: StoreLimits
    private var runtimePins: [ImagePattern]
    private var last: Task<Void, Never>?
    private var removal: Task<Committer.Removal, any Error>?

    init(
        index: IndexReader, writer: IndexWriter, committer: Committer, limits: StoreLimits,
        pins: [ImagePattern], counters: StoreCounters, logger: Logger,
        flush: @escaping @Sendable () async -> Void
    ) {
        self.index = index
        self.writer = writer
        self.committer = committer
        self.limits = limits
        runtimePins = pins
        self.counters = counters
        self.logger = logger
        self.flush = flush
    }

    func apply(_ limits: StoreLimits) {
        self.limits = limits
    }

    /// What is being removed is gone when this returns; nothing pinned is removed from then on.
    func setPins(_ pins: [ImagePattern]) async {
        runtimePins = pins
        _ = await removal?.result
    }

    var pins: [ImagePattern] { limits.pins + runtimePins }

    /// Evicts until the goal is reached or nothing more may go. Goals take turns, a batch at a
    /// time; one that nobody waits for pauses after each for as long as it took.
    func evict(_ goal: EvictionGoal) async throws -> EvictionReport {
        var report = EvictionReport()
        guard try await goal.missing() > 0 else { return report }
        await flush()
        let end = end(of: goal)
        while true {
            let beganAt = ContinuousClock.now
            let step = try await inTurn { try await self.step(towards: goal, before: end) }
            guard let (plan, removal) = step else { break }
            report.add(plan, removal)
            guard !plan.victims.isEmpty || !plan.raised.isEmpty else {
                report.isComplete = goal.reason == .unused
                break
            }
            if !goal.isUrgent { try await Task.sleep(for: ContinuousClock.now - beganAt) }
        }
        note(report, goal.reason)
        return report
    }

    /// Nil where nothing is missing any more.
    private func step(towards goal: EvictionGoal, before end: Int64) async throws
        -> (EvictionPlan, Committer.Removal)?
    {
        let missing = try await goal.missing()
        guard missing > 0 else { return nil }
        let candidates = try await candidates(goal, before: end, limit: Self.batch)
        let plan = planner(end: end).plan(candidates, needed: missing)
        let removal = Task { try await carryOut(plan, goal.reason) }
        self.removal = removal
        return (plan, try await removal.value)
    }

    private func inTurn<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let previous = last
        let task = Task {
            await previous?.value
            return try await work()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }

    private func note(_ report: EvictionReport, _ reason: EvictionReason) {
        guard report.count > 0 else { return }
        logger.info(
            "evicted",
            metadata: [
                "reason": "\(reason.rawValue)", "objects": "\(report.count)",
                "bytes": "\(report.bytes)",
            ])
    }

    /// What would go, without touching it; an estimate where ranks turn out too low.
    func preview(_ goal: EvictionGoal) async throws -> EvictionReport {
        await flush()
        let end = end(of: goal)
        let missing = try await goal.missing()
        let candidates = try await candidates(goal, before: end, limit: Self.dryRunLimit)
        let plan = planner(end: end).plan(candidates, needed: missing)
        var report = EvictionReport(isComplete: plan.freed >= missing)
        report.add(plan, Committer.Removal(bytes: plan.freed))
        return report
    }

    /// The same for all plans towards a goal: what one raises to its now, no other meets again.
    private func end(of goal: EvictionGoal) -> Int64 {
        min(goal.end ?? .max, committer.clock.now() - limits.minAge)
    }

    private func planner(end: Int64) -> EvictionPlanner {
        let openFiles = committer.openFiles
        return EvictionPlanner(
            now: committer.clock.now(), platformWindow: limits.platformWindow, end: end,
            pins: pins, isInUse: { openFiles.isOpen($0) })
    }

    private func candidates(_ goal: EvictionGoal, before end: Int64, limit: Int) async throws
        -> EvictionCandidates
    {
        try await index.read {
            try $0.coldest(limit: limit, before: end, upstream: goal.upstream)
        }
    }

    private func carryOut(_ plan: EvictionPlan, _ reason: EvictionReason) async throws
        -> Committer.Removal
    {
        if !plan.raised.isEmpty {
            let raised = plan.raised
            try await writer.perform { try $0.raise(raised) }
        }
        guard !plan.victims.isEmpty else { return Committer.Removal() }
        let victims = plan.victims
        let now = committer.clock.now()
        let removal = try await committer.remove(Set(victims.map(\.digest))) { database in
            for victim in victims { try database.recordEviction(victim, reason: reason, now: now) }
        }
        counters.evicted(reason, objects: victims.count, bytes: removal.bytes)
        return removal
    }
}
