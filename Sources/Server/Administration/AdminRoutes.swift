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
            router.get(RouterPath(path)) { request, _ in
                try await answering {
                    if isGuarded(topic) { try authorize(request) }
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

    private func add<Document: RequestDocument, Result: Encodable>(
        _ group: RouterGroup<RegistryContext>, _ method: HTTPRequest.Method, _ path: RouterPath,
        status: HTTPResponse.Status = .ok,
        _ operation: @escaping @Sendable (Document) async throws -> Result
    ) {
        group.on(path, method: method) { request, _ in
            try await answering {
                try authorize(request)
                let document: Document = try await RequestBody.read(request)
                return (status, try JSONDocument.encode(try await operation(document)))
            }
        }
    }

    private func add<Result: Encodable>(
        _ group: RouterGroup<RegistryContext>, _ method: HTTPRequest.Method, _ path: RouterPath,
        _ operation: @escaping @Sendable () async throws -> Result
    ) {
        group.on(path, method: method) { request, _ in
            try await answering {
                try authorize(request)
                return (.ok, try JSONDocument.encode(try await operation()))
            }
        }
    }

    // MARK: Common

    private func authorize(_ request: Request) throws(RequestProblem) {
        switch token.check(request.headers[.authorization]) {
        case .valid: return
        case .missing: throw RequestProblem(401, "this needs the admin token")
        case .wrong:
            logger.warning("a wrong admin token was refused")
            throw RequestProblem(403, "this is not the admin token")
        }
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
        !rules.isEmpty || upstreams.values.contains { !$0.credentials.isEmpty }
    }
}
