// The suite that all end-to-end tests belong to.

import Foundation
import Testing

/// How long the budget is put under pulls, in seconds; the environment variable
/// LARDER_BUDGET_SECONDS makes it longer.
let budgetSeconds = seconds("LARDER_BUDGET_SECONDS") ?? 60

/// How long the registry fails in turn, in seconds; `make chaos` makes it longer.
let chaosSeconds = seconds("LARDER_CHAOS_SECONDS") ?? 60

private func seconds(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
}

/// Real clients pull real images through the program, from a real registry.
///
/// One test runs at a time: they start daemons and measure memory, on machines that may have
/// two cores.
@Suite(.serialized, .timeLimit(.minutes(3 + max(budgetSeconds, chaosSeconds) / 60)))
struct EndToEnd {}
