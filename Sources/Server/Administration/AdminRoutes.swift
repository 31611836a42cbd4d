/// `/stats` and `/admin/v1` as HTTP: who may ask, what is read, how it is answered.

import CacheStore
import HTTPTypes
import Hummingbird
import Logging
import OCI

struct AdminRoutes: Sendable {
    let services: PullServices
    let queries: StatisticsQueries
    let operations: AdminOperations
    let token: AdminToken
    let logger: Logger

    // MARK: Statistics

    func addStatistics(to router: Router<RegistryContext>) {
        for topic in StatisticsTopic.allCases {
            let path = topic == .totals ? "/stats" : "/stats/\(topic.rawValue)"
            router.get(RouterPath(path)) { request, context in
                try await answering {
                    if isGuarded(topic) { try authorize(request, context) }
                    let target = request.head.path ?? ""
                    let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
                    return (.ok, try await queries.answer(topic, query: String(query)))
                }
            }
        }
    }

    /// Lists that name what somebody pulls, where that may be somebody's secret.
    private func isGuarded(_ topic: StatisticsTopic) -> Bool {
        switch services.configuration.stats.access {
        case .open: false
        case .admin: topic.isPrivate
        case .auto: topic.isPrivate && services.configuration.hasSecrets
        }
    }

    // MARK: Administration

    func addAdministration(to router: Router<RegistryContext>) {
        let admin = router.group("/admin/v1")
        add(admin, .post, "/purge") { try await operations.purge($0) }
        add(admin, .post, "/evict") { try await operations.evict($0) }
        add(admin, .post, "/refresh") { try await operations.refresh($0) }
        add(admin, .put, "/pins") { try await operations.pin($0) }
        add(admin, .delete, "/pins") { try await operations.unpin($0) }
        add(admin, .get, "/pins") { try await operations.pins() }
        add(admin, .post, "/verify", status: .accepted) {
            try await operations.startVerification($0)
        }
        add(admin, .get, "/verify") { operations.verification() }
        add(admin, .delete, "/verify") { await operations.stopVerification() }
        add(admin, .post, "/offline") { try operations.setOffline($0) }
        add(admin, .get, "/offline") { operations.offline() }
        add(admin, .post, "/backup") { try await operations.backUp() }
    }

    private func add<Document: RequestDocument & Encodable, Result: Encodable>(
        _ group: RouterGroup<RegistryContext>, _ method: HTTPRequest.Method, _ path: RouterPath,
        status: HTTPResponse.Status = .ok,
        _ operation: @escaping @Sendable (Document) async throws -> Result
    ) {
        group.on(path, method: method) { request, context in
            try await answering {
                try authorize(request, context)
                let document: Document = try await RequestBody.read(request)
                let parameters = String(decoding: try JSONDocument.encode(document), as: UTF8.self)
                return try await audited(request, context, parameters: parameters) {
                    (status, try JSONDocument.encode(try await operation(document)))
                }
            }
        }
    }

    private func add<Result: Encodable>(
        _ group: RouterGroup<RegistryContext>, _ method: HTTPRequest.Method, _ path: RouterPath,
        _ operation: @escaping @Sendable () async throws -> Result
    ) {
        group.on(path, method: method) { request, context in
            try await answering {
                try authorize(request, context)
                return try await audited(request, context, parameters: nil) {
                    (.ok, try JSONDocument.encode(try await operation()))
                }
            }
        }
    }

    // MARK: Common

    private func authorize(
        _ request: Request, _ context: RegistryContext
    ) throws(RequestProblem) {
        switch token.check(request.headers[.authorization]) {
        case .valid: return
        case .missing: throw RequestProblem(401, "this needs the admin token")
        case .wrong:
            services.audit.refused(
                requester(request, context), Self.subject(request), .adminToken)
            throw RequestProblem(403, "this is not the admin token")
        }
    }

    /// What changes something leaves a line, whatever becomes of it.
    private func audited(
        _ request: Request, _ context: RegistryContext, parameters: String?,
        _ work: () async throws -> (HTTPResponse.Status, [UInt8])
    ) async throws -> (HTTPResponse.Status, [UInt8]) {
        guard request.method != .get else { return try await work() }
        func note(_ result: String) {
            services.audit.operated(
                requester(request, context), Self.subject(request), parameters: parameters,
                result: result)
        }
        do {
            let answer = try await work()
            note("\(answer.0.code)")
            return answer
        } catch let problem as RequestProblem {
            note("\(problem.status): \(problem.message)")
            throw problem
        } catch {
            note("failed: \(error)")
            throw error
        }
    }

    private func requester(_ request: Request, _ context: RegistryContext) -> Requester {
        context.requester(of: request, services.access.policy)
    }

    private static func subject(_ request: Request) -> String {
        "\(request.method.rawValue) \(RequestTarget(request.head.path ?? "/").path)"
    }

    private func answering(
        _ work: () async throws -> (HTTPResponse.Status, [UInt8])
    ) async throws -> Response {
        do {
            let (status, bytes) = try await work()
            return Response(status, json: bytes)
        } catch let problem as RequestProblem {
            return Response(problem)
        } catch let error as RegistryError {
            return Response(RequestProblem(error.status, error.message))
        } catch {
            logger.error("not answered", metadata: ["error": "\(error)"])
            return Response(RequestProblem(500, "Larder could not answer: see its log"))
        }
    }
}

extension Configuration {
    /// Whether some image may be one that not everybody may know of.
    var hasSecrets: Bool {
        !rules.isEmpty || auth.htpasswd != nil
            || upstreams.values.contains { !$0.credentials.isEmpty || $0.access == .passthrough }
    }
}
