// The suite that all end-to-end tests belong to.

import Testing

/// Real clients pull real images through the program, from a real registry.
///
/// One test runs at a time: they start daemons and measure memory, on machines that may have
/// two cores.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct EndToEnd {}
