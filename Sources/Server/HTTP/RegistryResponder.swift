/// Every request's way: route, address, pull, answer, access line.

import CacheStore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI
import Upstream

/// Answers `/v2/` itself and hands everything else to Hummingbird's router.
struct RegistryResponder<Pages: HTTPResponder>: HTTPResponder
where Pages.Context == RegistryContext {
    let services: PullServices
    let registries: CurrentRegistries
    let pages: Pages
    let ledger: RequestLedger

    func respond(to request: Request, context: RegistryContext) async throws -> Response {
        let target = RequestTarget(request.head.path ?? "/")
        let requester = context.requester(of: request, services.access.policy)
        var entry = AccessEntry(request, target: target, client: requester.address)
        let calls = CallCounter()
        let answer: Answer
        var admission: ClientAdmission?
        do {
            guard let route = try RegistryRoute(path: target.path) else {
                return try await page(request, context, entry)
            }
            admission = try await admitted(route, request, requester, entry)
            answer = try await UpstreamCalls.$counter.withValue(calls) {
                try await self.answer(route, target, request, requester, entry: &entry)
            }
        } catch {
            answer = Answer(describe(error, entry))
        }
        return sender(answer, request, context, entry, calls, admission)
    }

    /// - Throws: `TOOMANYREQUESTS` for a client that is over its limits.
    private func admitted(
        _ route: RegistryRoute, _ request: Request, _ requester: Requester, _ entry: AccessEntry
    ) async throws(RegistryError) -> ClientAdmission? {
        do throws(ClientRefusal) {
            return try await services.access.limits.admitPatiently(
                requester, isDownload: route.isBlob && request.method == .get)
        } catch {
            services.audit.refused(requester, entry.subject, .limit(error.limit.rawValue))
            throw error.answer
        }
    }

    private func page(
        _ request: Request, _ context: RegistryContext, _ entry: AccessEntry
    ) async throws -> Response {
        let response = try await pages.respond(to: request, context: context)
        let bytes = request.method == .head ? 0 : response.body.contentLength ?? 0
        ledger.accessLog.write(
            entry, status: response.status.code, bytes: Int64(bytes), isComplete: true,
            outcome: nil, upstreamCalls: 0)
        return response
    }

    private func answer(
        _ route: RegistryRoute, _ target: RequestTarget, _ request: Request,
        _ requester: Requester, entry: inout AccessEntry
    ) async throws -> Answer {
        guard request.method == .get || request.method == .head else {
            throw RegistryError(
                .unsupported, "Larder is a read-only cache: push to the registry itself")
        }
        var filling = HotFilling(services.hotObjects, request, host: requester.host)
        let table = registries.current
        let address = Address(
            host: requester.host, prefix: route.prefix, namespace: target["ns"],
            name: route.repository)
        guard route.repository != nil else {
            return try version(route, table, address, entry: &entry)
        }
        let pull = try table.target(for: address)
        entry.resolved(pull.key, route)
        filling.isForEveryone = try await isAllowed(route, pull.key, requester, entry)
        let pulls = RegistryPulls(
            services: services, target: pull, request: request, path: target, filling: filling)
        var answer = try await pulls.answer(route.endpoint)
        if let namespace = pull.namespace { answer.fields[.ociNamespace] = namespace }
        return answer
    }

    /// - Returns: whether everybody is, from now on.
    /// - Throws: `DENIED` where a rule forbids it.
    private func isAllowed(
        _ route: RegistryRoute, _ key: RepositoryKey, _ requester: Requester,
        _ entry: AccessEntry
    ) async throws -> Bool {
        let check = RuleCheck(rules: services.access.policy.rules, services: services)
        let decision = try await check.decision(on: route.endpoint, in: key, by: requester)
        guard decision.isAllowed else {
            services.audit.refused(
                requester, entry.subject, .rule(decision.rule?.title ?? ""))
            throw decision.refusal
        }
        return decision.isLasting
    }

    /// `/v2/`: that this is a registry. Nothing is asked upstream.
    private func version(
        _ route: RegistryRoute, _ table: RegistryTable, _ address: Address,
        entry: inout AccessEntry
    ) throws -> Answer {
        guard case .base = route.endpoint else {
            throw RegistryError(
                .unsupported, "Larder does not list repositories: it does not know them all",
                status: 404)
        }
        let registry = try table.registry(for: address)
        entry.upstream = registry.name
        return Answer(.ok, bytes: Array("{}".utf8), type: "application/json")
    }

    private func describe(_ error: any Error, _ entry: AccessEntry) -> RegistryError {
        if let error = error as? RegistryError { return error }
        services.logger.error(
            "request failed", metadata: ["path": "\(entry.path)", "error": "\(error)"])
        return RegistryError(
            .unavailable, "Larder could not answer", detail: ["reason": "internal error"])
    }

    private func sender(
        _ answer: Answer, _ request: Request, _ context: RegistryContext, _ entry: AccessEntry,
        _ calls: CallCounter, _ admission: ClientAdmission?
    ) -> Response {
        let headAt = ContinuousClock.now
        return AnswerSender(
            answer: answer, isHead: request.method == .head, channel: context.channel,
            admission: admission
        ).response { [ledger, summary = answer.summary] bytes, isComplete in
            ledger.close(
                entry, summary, bytes: bytes, isComplete: isComplete, headAt: headAt,
                upstreamCalls: calls.value)
        }
    }
}

extension RegistryRoute {
    var isBlob: Bool {
        if case .blob = endpoint { true } else { false }
    }

    /// Nil for `/v2/` and the catalog.
    var repository: RepositoryName? {
        switch endpoint {
        case .base, .catalog: nil
        case .manifest(let name, _), .blob(let name, _), .tags(let name),
            .referrers(let name, _), .uploads(let name):
            name
        }
    }
}
