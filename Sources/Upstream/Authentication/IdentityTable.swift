// Which of an upstream's identities may be used, and which is the best one. No I/O, no clock.
import OCI

/// Identities are numbered in the order of the configuration. One that cools down or is used up
/// gives way to the next, as does one that was refused for a repository (R59).
struct IdentityTable {
    typealias Instant = ContinuousClock.Instant

    /// How long a refusal is remembered.
    static let refusalLifetime = Duration.seconds(300)
    /// Refusals remembered per identity; repositories are named by clients.
    static let maximumRefusals = 1024
    /// How long a limit is believed whose window the registry does not tell.
    static let unknownWindow = Duration.seconds(3600)

    struct Scope: Hashable {
        var origin: EndpointURL.Origin
        /// Nil for what belongs to no repository.
        var repository: RepositoryName?
    }

    enum Choice: Equatable {
        case use(Int)
        /// Every identity that could do is to be left alone for so long.
        case coolingDown(Duration)
        /// All were tried.
        case none
    }

    fileprivate struct Told {
        var limit: RateLimit
        var at: Instant
    }

    fileprivate struct Identity {
        var limits: [EndpointURL.Origin: Told] = [:]
        var cooldowns: [EndpointURL.Origin: Cooldown] = [:]
        var refusals: [Scope: Instant] = [:]
        /// Requests that its cool-downs held back.
        var held = 0
    }

    private var identities: [Identity]

    /// - Parameter count: above zero; anonymous is an identity too.
    init(count: Int) {
        identities = Array(repeating: Identity(), count: count)
    }

    /// - Parameters:
    ///   - isCounted: whether the registry counts the request as a pull.
    ///   - tried: identities that this request was sent with already.
    func choice(
        for scope: Scope, isCounted: Bool, except tried: Set<Int>, at now: Instant
    ) -> Choice {
        let pauses = identities.compactMap { $0.cooldowns[scope.origin]?.remaining(at: now) }
        let able = identities.indices.filter { index in
            !tried.contains(index)
                && identities[index].cooldowns[scope.origin]?.remaining(at: now) == nil
        }
        // Asking again with what was refused is for when there is nothing better to wait for.
        let welcome = able.filter { !identities[$0].isRefused(for: scope, at: now) }
        if let pause = pauses.min(), welcome.isEmpty { return .coolingDown(pause) }
        let candidates = welcome.isEmpty ? able : welcome
        let fresh = candidates.first {
            !isCounted || !identities[$0].isUsedUp(at: scope.origin, now: now)
        }
        return (fresh ?? candidates.first).map { .use($0) } ?? .none
    }

    /// Whether every identity that may be used is nearly used up, or none may be used.
    ///
    /// - Parameter reserve: percent of the announced limit.
    func isScarce(at origin: EndpointURL.Origin, reserve: Int, now: Instant) -> Bool {
        identities.allSatisfy { identity in
            identity.cooldowns[origin]?.remaining(at: now) != nil
                || identity.isUsedUp(at: origin, now: now, reserve: reserve)
        }
    }

    /// - Parameter label: as the identity is called.
    func snapshot(of index: Int, label: String, at now: Instant) -> IdentitySnapshot {
        let identity = identities[index]
        return IdentitySnapshot(
            label: label,
            rateLimit: identity.limits.values.max { $0.at < $1.at }?.limit,
            pause: identity.cooldowns.values.compactMap { $0.remaining(at: now) }.max(),
            refused: identity.held)
    }
}

extension IdentityTable {
    mutating func limited(
        _ index: Int, at origin: EndpointURL.Origin, retryAfter: Duration?, now: Instant,
        jitter: Double
    ) {
        identities[index].cooldowns[origin, default: Cooldown()].open(
            retryAfter: retryAfter, at: now, jitter: jitter)
    }

    /// - Parameter forgives: whether the next pause is a short one again. Where GETs are limited
    ///   and HEADs are not, a HEAD that succeeds shows nothing.
    mutating func served(_ index: Int, for scope: Scope, forgives: Bool) {
        if forgives { identities[index].cooldowns[scope.origin]?.forgive() }
        identities[index].refusals[scope] = nil
    }

    mutating func refused(_ index: Int, for scope: Scope, at now: Instant) {
        if identities[index].refusals.count >= Self.maximumRefusals {
            identities[index].refusals = identities[index].refusals.filter { now < $0.value }
        }
        guard identities[index].refusals.count < Self.maximumRefusals else { return }
        identities[index].refusals[scope] = now + Self.refusalLifetime
    }

    mutating func told(
        _ index: Int, _ limit: RateLimit, by origin: EndpointURL.Origin, at now: Instant
    ) {
        identities[index].limits[origin] = Told(limit: limit, at: now)
    }

    /// A request was held back because no identity could be used.
    mutating func held(at origin: EndpointURL.Origin, now: Instant) {
        for index in identities.indices
        where identities[index].cooldowns[origin]?.remaining(at: now) != nil {
            identities[index].held += 1
        }
    }
}

extension IdentityTable.Identity {
    fileprivate func isRefused(
        for scope: IdentityTable.Scope, at now: IdentityTable.Instant
    ) -> Bool {
        refusals[scope].map { now < $0 } ?? false
    }

    /// Whether no more than `reserve` percent of the announced limit remain in a window that is
    /// not over.
    fileprivate func isUsedUp(
        at origin: EndpointURL.Origin, now: IdentityTable.Instant, reserve: Int = 0
    ) -> Bool {
        guard let told = limits[origin], told.limit.limit > 0 else { return false }
        let window =
            told.limit.windowSeconds.map { Duration.seconds($0) } ?? IdentityTable.unknownWindow
        guard now < told.at + window else { return false }
        return Double(told.limit.remaining) * 100 <= Double(told.limit.limit) * Double(reserve)
    }
}
