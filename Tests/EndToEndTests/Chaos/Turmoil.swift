// What happens to the registry while clients pull.

import Foundation

/// Stops, starts, stalls and cuts a docker-registry behind a relay, over and over.
struct Turmoil: Sendable {
    let registry: DockerRegistry
    let relay: Relay
    let schedule = RegistrySchedule()
    /// Asked, with the registry well again, whether the cache has recovered.
    let probe: @Sendable (_ round: Int) async throws -> Void

    /// How long the registry is well, and how long each fault lasts.
    private static let calm = Duration.seconds(2)
    private static let fault = Duration.seconds(4)

    /// - Returns: how many rounds of all faults there were.
    func run(until end: ContinuousClock.Instant) async throws -> Int {
        var round = 0
        while ContinuousClock.now < end {
            try await registry.running { daemon in
                try await settle(round)
                try await cut()
                try await settle(round)
                try await stall(daemon)
                try await settle(round)
                schedule.registryFails()
            }
            try await Task.sleep(for: Self.fault)
            round += 1
        }
        return round
    }

    /// The registry is well: what is not cached must be had within seconds.
    private func settle(_ round: Int) async throws {
        try await probe(round)
        schedule.registryIsWell()
        try await Task.sleep(for: Self.calm)
    }

    private func cut() async throws {
        schedule.registryFails()
        for _ in 0..<8 {
            relay.cutConnections()
            try await Task.sleep(for: Self.fault / 8)
        }
    }

    private func stall(_ daemon: Daemon) async throws {
        schedule.registryFails()
        daemon.send(SIGSTOP)
        defer { daemon.send(SIGCONT) }
        try await Task.sleep(for: Self.fault)
    }
}
