// The suite that all end-to-end tests belong to.

import Foundation
import Testing

/// How long the budget is put under pulls, in seconds; the environment variable
/// LARDER_BUDGET_SECONDS makes it longer.
let budgetSeconds =
    ProcessInfo.processInfo.environment["LARDER_BUDGET_SECONDS"].flatMap { Int($0) } ?? 60

/// Real clients pull real images through the program, from a real registry.
///
/// One test runs at a time: they start daemons and measure memory, on machines that may have
/// two cores.
@Suite(.serialized, .timeLimit(.minutes(3 + budgetSeconds / 60)))
struct EndToEnd {}
