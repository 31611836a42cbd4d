// The identities that Larder has at one upstream, and how each of them fares there.
import Glibc
import NIOHTTP1
import OCI
import Synchronization

/// One for each configured source, or a single anonymous one. Where there are sources, nothing is
/// sent anonymously instead: it would be another limit and another view of the registry.
final class Identities: Sendable {
    typealias Now = @Sendable () -> ContinuousClock.Instant

    private let sources: [CredentialSource]
    private let credentials: CredentialCache
    private let table: Mutex<IdentityTable>
    private let now: Now

    init(_ sources: [CredentialSource], now: @escaping Now) {
        self.sources = sources
        self.now = now
        credentials = CredentialCache(now: now)
        table = Mutex(IdentityTable(count: max(sources.count, 1)))
    }

    var snapshot: [IdentitySnapshot] {
        let instant = now()
        let labels = sources.isEmpty ? ["anonymous"] : sources.map(\.label)
        return table.withLock { table in
            labels.enumerated().map { table.snapshot(of: $0, label: $1, at: instant) }
        }
    }

    /// - Parameter tried: identities that the request was sent with already.
    func choice(
        for request: RegistryRequest, at origin: EndpointURL.Origin, except tried: Set<Int> = []
    ) -> IdentityTable.Choice {
        let scope = IdentityTable.Scope(origin: origin, repository: request.repository)
        return table.withLock {
            $0.choice(for: scope, isCounted: request.isPull, except: tried, at: now())
        }
    }

    func isScarce(at origin: EndpointURL.Origin, reserve: Int) -> Bool {
        table.withLock { $0.isScarce(at: origin, reserve: reserve, now: now()) }
    }

    /// Remembers what an attempt came to.
    func note(
        _ verdict: IdentityVerdict, of request: RegistryRequest, at origin: EndpointURL.Origin
    ) {
        guard let index = request.identity else { return }
        let scope = IdentityTable.Scope(origin: origin, repository: request.repository)
        let instant = now()
        table.withLock { table in
            switch verdict {
            case .served: table.served(index, for: scope, forgives: request.method != .HEAD)
            case .refused: table.refused(index, for: scope, at: instant)
            case .limited(let retryAfter):
                table.limited(
                    index, at: origin, retryAfter: retryAfter, now: instant,
                    jitter: .random(in: 0...1))
            case .lacksCredential, .other: break
            }
        }
    }

    func noteHeld(at origin: EndpointURL.Origin) {
        table.withLock { $0.held(at: origin, now: now()) }
    }

    /// Headers of a registry itself.
    func saw(_ headers: HTTPHeaders, of index: Int?, at origin: EndpointURL.Origin) {
        guard let index, let limit = RateLimit(headers, seenAt: Int64(time(nil))) else { return }
        table.withLock { $0.told(index, limit, by: origin, at: now()) }
    }

    // MARK: Credentials

    /// What statistics call the identity.
    func label(of index: Int) -> String {
        sources.indices.contains(index) ? sources[index].label : "anonymous"
    }

    func isRenewable(_ index: Int) -> Bool {
        sources.indices.contains(index) && sources[index].isRenewable
    }

    /// - Returns: nil for anonymous, also where a helper or Docker's file has nothing for the host.
    /// - Throws: ``CredentialFailure``.
    func credential(of index: Int, at origin: EndpointURL.Origin) async throws -> Credential? {
        guard sources.indices.contains(index) else { return nil }
        let server = RegistryServer.name(of: origin)
        return try await credentials.credential(of: sources[index], server: server)
    }

    /// The registry refused it: a helper is asked again.
    func refused(_ credential: Credential, at origin: EndpointURL.Origin) {
        credentials.refused(credential, server: RegistryServer.name(of: origin))
    }
}

/// What came of a request as far as its identity is concerned.
enum IdentityVerdict: Equatable {
    case served
    /// 429, of the registry, its token server, or whoever it redirected to.
    case limited(retryAfter: Duration?)
    /// 401 or 403 for what it was sent with.
    case refused
    case lacksCredential
    /// Nothing: the answer would be the same for another identity.
    case other

    /// Whether another identity may fare better.
    var passesOn: Bool { self != .served && self != .other }
}
