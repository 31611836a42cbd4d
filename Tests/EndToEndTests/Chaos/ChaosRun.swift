// The clients of one run, and what they met.

import Foundation
import Synchronization
import TestKit
import Testing

/// Clients that pull cached images without pause, one that pulls cold ones, and what came of it.
final class ChaosRun: Sendable {
    private struct Counts {
        var pulls = 0
        var coldPulls = 0
        var coldFailures = 0
        var rounds = 0
        var slowestRecovery = Duration.zero
    }

    private let larder: LarderProcess
    private let cached: [Image]
    private let cold: [Image]
    private let probe: Image
    private let counts = Mutex(Counts())

    init(larder: LarderProcess, cached: [Image], cold: [Image], probe: Image) {
        self.larder = larder
        self.cached = cached
        self.cold = cold
        self.probe = probe
    }

    func run(_ clients: [PullClient], _ turmoil: Turmoil) async throws {
        let end = ContinuousClock.now + .seconds(chaosSeconds)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, client) in clients.enumerated() {
                group.addTask { try await self.pullCached(by: client, seed: number, until: end) }
            }
            group.addTask { try await self.pullCold(turmoil.schedule, until: end) }
            group.addTask {
                let rounds = try await turmoil.run(until: end)
                self.counts.withLock { $0.rounds = rounds }
            }
            try await group.waitForAll()
        }
        let counts = counts.withLock { $0 }
        #expect(counts.rounds > 0)
        #expect(counts.pulls > 2 * clients.count)
    }

    /// With the registry well again, what is not cached is to be had within seconds.
    func expectRecovery() async throws {
        try await larder.purge(probe)
        let beganAt = ContinuousClock.now
        let path = "/v2/docker.io/\(probe.repository)/manifests/\(probe.tag)"
        try await eventually("the cache asks its registry again", within: .seconds(15)) {
            try await Curl.status(of: larder.url + path) == 200
        }
        let duration = ContinuousClock.now - beganAt
        counts.withLock { $0.slowestRecovery = max($0.slowestRecovery, duration) }
        try await pullRight(probe, .skopeo, larder)
    }

    func report() {
        let counts = counts.withLock { $0 }
        print(
            """
            \(counts.rounds) rounds of faults: \(counts.pulls) pulls of cached images, none failed; \
            \(counts.coldPulls) cold pulls and \(counts.coldFailures) refused ones; \
            at most \(counts.slowestRecovery) until the registry was asked again
            """)
    }

    private func pullCached(
        by client: PullClient, seed: Int, until end: ContinuousClock.Instant
    ) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        while ContinuousClock.now < end {
            let image = cached[Int.random(in: 0..<cached.count, using: &random)]
            try await pullRight(image, client, larder)
            counts.withLock { $0.pulls += 1 }
        }
    }

    /// Each image is purged before it is pulled, so that it comes through the relay.
    private func pullCold(
        _ schedule: RegistrySchedule, until end: ContinuousClock.Instant
    ) async throws {
        var number = 0
        while ContinuousClock.now < end {
            let image = cold[number % cold.count]
            number += 1
            try await larder.purge(image)
            let isPulled = try await schedule.forgivingFaults {
                try await pullRight(image, .skopeo, larder)
            }
            counts.withLock { counts in
                counts.coldPulls += isPulled == true ? 1 : 0
                counts.coldFailures += isPulled == true ? 0 : 1
            }
        }
    }
}
