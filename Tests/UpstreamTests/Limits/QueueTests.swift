// Waiting for a slot and for the rate: order, cancellation, bounds.
import Synchronization
import TestKit
import Testing

@testable import Upstream

/// A clock whose sleepers wake when a test says so.
private final class Sleeper: Sendable {
    private let manual = ManualClock()
    private let sleeps = Mutex<[(Duration, TestGate)]>([])

    var clock: RateGate.Clock {
        RateGate.Clock(
            now: { self.manual.now },
            sleep: { duration in
                let gate = TestGate()
                self.sleeps.withLock { $0.append((duration, gate)) }
                await gate.wait()
            })
    }

    /// Waits until somebody sleeps, lets that time pass and wakes the sleeper.
    func wake() async {
        while true {
            let sleep = sleeps.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let (duration, gate) = sleep else {
                await shortPause()
                continue
            }
            manual.advance(by: duration)
            return gate.open()
        }
    }
}

/// The order in which things happened.
private final class Journal: Sendable {
    private let entries = Mutex<[Int]>([])

    var all: [Int] { entries.withLock { $0 } }

    func note(_ number: Int) {
        entries.withLock { $0.append(number) }
    }

    func wait(count: Int) async {
        while all.count < count { await shortPause() }
    }
}

private func waitUntil(_ condition: () -> Bool) async {
    while !condition() { await shortPause() }
}

@Suite("Waiting for a turn", .timeLimit(.minutes(1)))
struct QueueTests {
    @Test("slots go to those who wait in the order they came")
    func slotsInOrder() async throws {
        let limiter = RequestLimiter(UpstreamLimits(maxFetches: 1))
        var first: Admission? = try await limiter.admit(isDownload: true)
        let journal = Journal()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(
                Task {
                    let admission = try await limiter.admit(isDownload: true)
                    journal.note(number)
                    admission.end()
                })
            await waitUntil { limiter.snapshot.queued == number + 1 }
        }
        #expect(limiter.snapshot.fetches == 1)
        #expect(journal.all.isEmpty)
        #expect(first != nil)
        first = nil
        for task in tasks { try await task.value }
        #expect(journal.all == Array(0..<5))
        #expect(limiter.snapshot == .init(fetches: 0, queued: 0, refused: 0))
    }

    @Test("what needs no slot does not wait behind downloads")
    func overtakesDownloads() async throws {
        let limiter = RequestLimiter(UpstreamLimits(maxFetches: 1))
        let held = try await limiter.admit(isDownload: true)
        let waiting = Task { try await limiter.admit(isDownload: true) }
        await waitUntil { limiter.snapshot.queued == 1 }
        _ = try await limiter.admit(isDownload: false)
        held.end()
        held.end()
        #expect(limiter.snapshot.fetches == 1)
        _ = try await waiting.value
    }

    @Test("who is cancelled leaves the queue, and keeps no slot from the next")
    func cancelledWaiters() async throws {
        let limiter = RequestLimiter(UpstreamLimits(maxFetches: 1, maxQueued: 2))
        let held = try await limiter.admit(isDownload: true)
        let first = Task { try await limiter.admit(isDownload: true) }
        await waitUntil { limiter.snapshot.queued == 1 }
        let second = Task { try await limiter.admit(isDownload: true) }
        await waitUntil { limiter.snapshot.queued == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(limiter.snapshot.queued == 1)
        held.end()
        let admission = try await second.value
        #expect(limiter.snapshot.fetches == 1)
        admission.end()
        #expect(limiter.snapshot.fetches == 0)
    }

    @Test("who was cancelled before does not wait at all")
    func cancelledBefore() async throws {
        let limiter = RequestLimiter(UpstreamLimits(maxFetches: 1))
        let held = try await limiter.admit(isDownload: true)
        let gate = TestGate()
        let task = Task {
            await gate.wait()
            return try await limiter.admit(isDownload: true)
        }
        task.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await task.value }
        held.end()
        #expect(limiter.snapshot.fetches == 0)
    }

    @Test("a full queue refuses at once")
    func fullQueue() async throws {
        let limiter = RequestLimiter(UpstreamLimits(maxFetches: 1, maxQueued: 1))
        let held = try await limiter.admit(isDownload: true)
        let waiting = Task { try await limiter.admit(isDownload: true) }
        await waitUntil { limiter.snapshot.queued == 1 }
        await #expect(throws: RequestLimiter.Overload.self) {
            try await limiter.admit(isDownload: true)
        }
        #expect(limiter.snapshot.refused == 1)
        held.end()
        _ = try await waiting.value
    }

    @Test("a rate lets a burst through, then one after the other in order, on one timer")
    func ratesInOrder() async throws {
        let sleeper = Sleeper()
        let limiter = RequestLimiter(
            UpstreamLimits(maxRequestsPerSecond: 2), clock: sleeper.clock)
        for _ in 0..<2 { _ = try await limiter.admit(isDownload: false) }
        let journal = Journal()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<3 {
            tasks.append(
                Task {
                    _ = try await limiter.admit(isDownload: false)
                    journal.note(number)
                })
            await waitUntil { limiter.snapshot.queued == number + 1 }
        }
        for count in 1...3 {
            #expect(journal.all == Array(0..<(count - 1)))
            await sleeper.wake()
            await journal.wait(count: count)
        }
        #expect(journal.all == [0, 1, 2])
        for task in tasks { try await task.value }
    }

    @Test("a cancelled request takes nothing of the rate")
    func cancelledRate() async throws {
        let sleeper = Sleeper()
        let gate = RateGate(rate: 1, burst: 1, clock: sleeper.clock)
        #expect(gate.takeIfFree(1))
        let cancelled = Task { try await gate.take(1) }
        let journal = Journal()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task {
            try await gate.take(1)
            journal.note(1)
        }
        await sleeper.wake()
        await journal.wait(count: 1)
        try await waiting.value
    }

    @Test("two bodies take turns at the bandwidth, so each has half of it")
    func sharesBandwidth() async throws {
        let sleeper = Sleeper()
        let gate = RateGate(rate: 100, burst: 10, clock: sleeper.clock)
        #expect(gate.takeIfFree(10))
        let journal = Journal()
        var tasks: [Task<Void, any Error>] = []
        for number in 1...2 {
            tasks.append(
                Task {
                    for _ in 0..<4 {
                        try await gate.take(10)
                        journal.note(number)
                    }
                })
            await waitUntil { gate.waiting == number }
        }
        for count in 1...8 {
            await waitUntil { gate.waiting == min(2, 9 - count) }
            await sleeper.wake()
            await journal.wait(count: count)
        }
        for task in tasks { try await task.value }
        #expect(journal.all == [1, 2, 1, 2, 1, 2, 1, 2])
    }

    @Test("quanta are small beside the rate, but not tiny, nor large")
    func quanta() {
        let rates: [Int64] = [1000, 1 << 20, 1 << 30]
        let quanta = rates.map { BandwidthLimit(rate: $0).quantum }
        #expect(quanta == [16 * 1024, 64 * 1024, 256 * 1024])
    }
}
