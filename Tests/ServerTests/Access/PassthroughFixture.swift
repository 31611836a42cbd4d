/// A Larder before a registry with tokens that says itself who may read what.
import TestKit

@testable import Server

/// Runs `body` with the upstreams `names` in passthrough.
///
/// - Parameter rights: the repositories that each may pull, by `user:password`, "" for anonymous.
func withPassthrough(
    _ names: [String] = ["lab.local"], rights: [String: Set<String>],
    _ content: (ScriptedRegistry) -> Void, change: (inout Configuration) -> Void = { _ in },
    _ body:
        @escaping @Sendable (TestLarder, ScriptedRegistry, TokenAuthority) async throws -> Void
) async throws {
    var rules = TokenAuthority.Rules()
    rules.rights = rights
    let authority = TokenAuthority(rules)
    try await withLarder(
        { registry in
            content(registry)
            registry.requireToken(authority)
        },
        change: {
            for name in names { $0.upstreams[name]?.access = .passthrough }
            change(&$0)
        }
    ) { try await body($0, $1, authority) }
}
