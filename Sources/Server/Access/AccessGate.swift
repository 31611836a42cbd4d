/// Decides who asks, and whether they may read what they ask for (docs/access.md).

import CacheStore
import HTTPTypes
import Hummingbird
import OCI
import Upstream

struct AccessGate: Sendable {
    let services: PullServices
    let table: RegistryTable
    let requester: Requester

    private var challenges: Challenges {
        Challenges(services: services, table: table, requester: requester)
    }
    private var recognition: Recognition {
        Recognition(services: services, challenges: challenges)
    }

    /// What may be done for a request.
    struct Admitted: Sendable {
        /// As it is to be asked for the caller.
        let target: PullTarget
        /// On which the answer may be given again; nil where that has to be found out anew.
        let terms: AccessTerms?
        /// What a download holds until its body has ended.
        let admission: ClientAdmission?
    }

    /// - Parameter subject: what is asked for, for the audit.
    /// - Throws: `Unauthorized`; `RegistryError` of 403, 429, 503, or what the upstream's answer
    ///   asks for.
    func admit(
        _ presented: PresentedCredential, to endpoint: RegistryRoute.Endpoint,
        of target: PullTarget, isGet: Bool, subject: String
    ) async throws -> Admitted {
        let caller = try await recognise(presented, target, subject)
        var requester = requester
        requester.user = caller.user
        let isDownload = if case .blob = endpoint { isGet } else { false }
        let admission = try await limit(requester, isDownload: isDownload, subject: subject)
        let decision = try await judge(requester, endpoint, target, subject)
        guard let grant = caller.grant else {
            return Admitted(target: target, terms: decision.terms, admission: admission)
        }
        let passthrough = PassthroughGate(services: services, target: target, grant: grant)
        var terms = decision.terms
        terms?.verdictsHold = passthrough.limits.ttl
        return Admitted(
            target: try await self.target(target, endpoint, by: passthrough), terms: terms,
            admission: admission)
    }

    /// Who asks; a refusal counts against the limits of the address.
    private func recognise(
        _ presented: PresentedCredential, _ target: PullTarget, _ subject: String
    ) async throws -> Caller {
        do {
            return try await recognition.caller(presented, for: target)
        } catch let refusal as Unauthorized {
            _ = try await limit(requester, isDownload: false, subject: subject)
            if case .none = presented { throw refusal }
            services.audit.refused(requester, subject, .signIn(refusal.error.message))
            throw refusal
        }
    }

    /// - Throws: `TOOMANYREQUESTS` for a client that is over its limits.
    func limit(
        _ requester: Requester, isDownload: Bool, subject: String
    ) async throws(RegistryError) -> ClientAdmission? {
        do throws(ClientRefusal) {
            return try await services.access.limits.admitPatiently(
                requester, isDownload: isDownload)
        } catch {
            services.audit.refused(requester, subject, .limit(error.limit.rawValue))
            throw error.answer
        }
    }

    /// By the rules.
    ///
    /// - Throws: `DENIED` where a rule forbids it; `Unauthorized` where signing in may help.
    private func judge(
        _ requester: Requester, _ endpoint: RegistryRoute.Endpoint, _ target: PullTarget,
        _ subject: String
    ) async throws -> AccessDecision {
        let rules = services.access.policy.rules
        let decision = try await RuleCheck(rules: rules, services: services)
            .decision(on: endpoint, in: target.key, by: requester)
        if decision.isAllowed { return decision }
        services.audit.refused(requester, subject, .rule(decision.rule?.title ?? ""))
        let mayHelp =
            requester.user == nil && target.registry.access == .open
            && services.signIn.users.isConfigured
            && services.configuration.rules.contains(where: \.isAboutUsers)
        guard mayHelp else { throw decision.refusal }
        throw Unauthorized(challenges.challenge(for: target), decision.refusal.message)
    }

    // MARK: May they read

    /// The target of a passthrough upstream, as it is to be read for the caller.
    private func target(
        _ target: PullTarget, _ endpoint: RegistryRoute.Endpoint, by gate: PassthroughGate
    ) async throws -> PullTarget {
        do {
            return try await gate.admitted(to: endpoint)
        } catch let refusal as ReaderRefused {
            guard refusal.maySignIn else {
                throw RegistryError(
                    .denied, "\(target.registry.name) does not let you read \(target.key)")
            }
            throw Unauthorized(
                challenges.challenge(for: target, .insufficientScope),
                "sign in to pull \(target.key)")
        } catch let error as UpstreamError {
            throw RegistryError(
                error, asking: PullSubject(endpoint), isCached: false,
                failingSince: target.failingSince)
        }
    }

    // MARK: /v2/

    /// `/v2/` itself, where clients learn that they have to sign in.
    func checkVersion(_ presented: PresentedCredential, _ address: Address) async throws {
        guard let challenge = challenges.challenge(at: address) else { return }
        guard try await recognition.isKnown(presented) else {
            throw Unauthorized(challenge, "sign in")
        }
    }
}

extension PullSubject {
    init(_ endpoint: RegistryRoute.Endpoint) {
        switch endpoint {
        case .blob: self = .blob
        case .tags: self = .tags
        case .referrers: self = .referrers
        case .manifest, .uploads, .base, .catalog: self = .manifest
        }
    }
}
