/// Asks a passthrough upstream whether a reader may read, before the store is looked at.

import CacheStore
import OCI
import Upstream

/// The states are those of docs/access.md, "Verdicts".
struct PassthroughGate: Sendable {
    let services: PullServices
    let target: PullTarget
    let grant: AccessToken.Grant

    private var signIn: SignIn { services.signIn }
    private var key: VerdictKey {
        VerdictKey(identity: grant.identity, repository: target.key)
    }
    var limits: (ttl: Duration, grace: Duration) {
        let upstream = services.configuration.upstreams[target.registry.name]
        return (upstream?.accessTTL ?? .zero, upstream?.accessGrace ?? .zero)
    }

    /// The target as its upstream is to be asked for this reader.
    ///
    /// - Throws: `ReaderRefused`, `UpstreamError`.
    func admitted(to endpoint: RegistryRoute.Endpoint) async throws -> PullTarget {
        let target = target.read(by: grant)
        switch endpoint {
        case .manifest(_, let reference):
            let question = MissingQuestion(target, .manifest(reference), isHead: true)
            try await require(question, .manifest(reference), of: target)
        case .blob(_, let digest):
            let question = MissingQuestion(target, .blob(digest), isHead: true)
            try await require(question, .blob(digest), of: target)
        // These are asked upstream as the reader, whose answer nobody else is given.
        case .tags, .referrers, .uploads, .base, .catalog: break
        }
        return target
    }

    private func require(
        _ question: MissingQuestion, _ subject: GuestSubject, of target: PullTarget
    ) async throws {
        let (key, limits) = (key, limits)
        if signIn.verdicts.isAllowed(key, within: limits.ttl) { return }
        do {
            guard grant.proof != nil else { throw ReaderRefused(maySignIn: true) }
            _ = try await signIn.questions.value(for: question) {
                try await services.unlessMissing(question) {
                    try await target.registry.client.requireReadable(
                        target.key.repository, subject)
                }
            }
            signIn.verdicts.allow(key)
        } catch {
            try judge(error, key, limits)
        }
    }

    /// Returns where an older verdict stands in for the answer that is not to be had.
    private func judge(
        _ error: any Error, _ key: VerdictKey, _ limits: (ttl: Duration, grace: Duration)
    ) throws {
        if (error as? UpstreamError)?.isRefusal == true {
            signIn.verdicts.deny(key)
            throw ReaderRefused(maySignIn: grant.identity == .anonymous)
        }
        let isUnavailable = (error as? UpstreamError)?.isUnavailable ?? (error is ReaderRefused)
        guard isUnavailable, limits.grace > .zero,
            signIn.verdicts.isAllowed(key, within: limits.ttl + limits.grace)
        else { throw error }
    }
}

/// The upstream does not let the reader in.
struct ReaderRefused: Error {
    /// Whether signing in, or doing so again, may help.
    let maySignIn: Bool
}

extension PullTarget {
    /// Asked with what the upstream gave the reader, or anonymously where it gave nothing.
    fileprivate func read(by grant: AccessToken.Grant) -> PullTarget {
        let client = grant.proof.map(registry.client.acting(as:)) ?? registry.client
        return PullTarget(
            registry: Registry(name: registry.name, access: registry.access, client: client),
            key: key, namespace: namespace, reader: .identity(grant.identity))
    }
}

extension UpstreamError {
    /// 401 or 403: what was shown does not do.
    var isRefusal: Bool { kind == .status(401) || kind == .status(403) }
}
