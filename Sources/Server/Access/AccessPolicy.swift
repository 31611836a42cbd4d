/// Who may ask for what, as it is configured.

import Synchronization

/// Compared by identity: what was concluded from one policy does not hold for the next.
final class AccessPolicy: Sendable {
    let proxies: TrustedProxies
    let rules: AccessRules
    /// Beside Larder's own users.
    let allowsAnonymous: Bool

    init(_ configuration: Configuration) {
        proxies = TrustedProxies(configuration.auth.trustedProxies)
        rules = AccessRules(configuration)
        allowsAnonymous = configuration.auth.allowsAnonymous
    }
}

/// The policy in force: requests take it as it is, a reload swaps it whole.
final class CurrentAccess: Sendable {
    private let state: Mutex<AccessPolicy>
    let limits: ClientLimits

    init(_ configuration: Configuration) {
        state = Mutex(AccessPolicy(configuration))
        limits = ClientLimits(configuration.limits)
    }

    var policy: AccessPolicy { state.withLock { $0 } }

    func apply(_ configuration: Configuration) {
        let next = AccessPolicy(configuration)
        state.withLock { $0 = next }
        limits.apply(configuration.limits)
    }
}
