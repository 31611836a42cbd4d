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
            let route = try isToken(target) ? nil : RegistryRoute(path: target.path)
            guard route != nil || isToken(target) else {
                return try await page(request, context, entry)
            }
            let exchange = RegistryExchange(
                services: services, table: registries.current, request: request, path: target,
                requester: requester)
            answer = try await UpstreamCalls.$counter.withValue(calls) {
                guard let route else { return try await exchange.token(entry) }
                return try await exchange.answer(route, &entry, &admission)
            }
        } catch {
            answer = self.answer(to: error, entry)
        }
        return sender(answer, request, context, entry, calls, admission)
    }

    private func isToken(_ target: RequestTarget) -> Bool { target.path == TokenEndpoint.path }

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
        to error: any Error, _ entry: AccessEntry
    ) -> Answer {
        guard let refusal = error as? Unauthorized else { return Answer(describe(error, entry)) }
        var answer = Answer(refusal.error)
        answer.fields[.wwwAuthenticate] = refusal.challenge.fieldValue
        return answer
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
        let headAt = NIODeadline.now()
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
