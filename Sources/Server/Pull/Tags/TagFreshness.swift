/// What may be done with a tag that was verified once: the decision alone, without clock or I/O.

import CacheStore

struct TagFreshness: Sendable, Equatable {
    enum State: Sendable {
        /// Served without asking.
        case fresh
        /// Served at once, and verified behind the answer.
        case revalidating
        /// Verified first; served where the upstream cannot answer.
        case stale
        /// Served only where the upstream confirms it.
        case expired
    }

    let state: State
    /// Whole seconds since the upstream named the digest; nil where that lies in the future.
    let age: Int64?
    /// Seconds for which it is still fresh, negative for those since it was; nil where neither is
    /// known, as of what never ends.
    let ttl: Int64?

    /// A verification in the future, from a clock that was set back, is worth nothing: the tag is
    /// verified before it is served, and served where that cannot be done (R49).
    ///
    /// - Parameters:
    ///   - verifiedAt: Unix seconds.
    ///   - now: Unix seconds.
    init(verifiedAt: Int64, policy: TagPolicy, now: Int64) {
        let age = now - verifiedAt
        let isKnown = age >= 0
        self.age = isKnown ? age : nil
        guard !policy.isImmutable else {
            (state, ttl) = (.fresh, nil)
            return
        }
        let freshFor = policy.freshFor.components.seconds
        let sinceFresh = age - freshFor
        ttl = isKnown ? -sinceFresh : nil
        if !isKnown {
            state = .stale
        } else if sinceFresh < 0 {
            state = .fresh
        } else if sinceFresh < policy.staleWhileRevalidate.components.seconds {
            state = .revalidating
        } else if sinceFresh < policy.staleIfError.components.seconds {
            state = .stale
        } else {
            state = .expired
        }
    }

    /// Of a tag that the upstream named just now.
    init(justVerified policy: TagPolicy) {
        self.init(verifiedAt: 0, policy: policy, now: 0)
    }
}

/// When a tag was verified, and what that is worth.
struct VerifiedTag: Sendable {
    /// Seconds of the store's clock.
    let verifiedAt: Int64
    let policy: TagPolicy

    /// - Parameter now: seconds of the store's clock.
    func freshness(at now: Int64) -> TagFreshness {
        TagFreshness(verifiedAt: verifiedAt, policy: policy, now: now)
    }
}
