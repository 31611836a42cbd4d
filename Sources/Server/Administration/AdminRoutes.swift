/// `/stats` and `/admin/v1` as HTTP: who may ask, what is read, how it is answered.

import CacheStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import OCI

struct AdminRoutes: Sendable {
    private static let maximumBody = 64 * 1024

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
                let document: Document = try await body(of: request)
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

    private func body<Document: RequestDocument>(of request: Request) async throws -> Document {
        var buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.maximumBody)
        } catch {
            throw RequestProblem(413, "the body is larger than \(Self.maximumBody) bytes")
        }
        let sent = buffer.readBytes(length: buffer.readableBytes) ?? []
        let bytes = sent.isEmpty ? Array("{}".utf8) : sent
        do {
            try FieldNames.check(bytes, known: Document.fields)
            return try JSONDocument.decode(from: bytes)
        } catch let error as DecodingError {
            throw RequestProblem(error)
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
            return Self.response(status, bytes)
        } catch let problem as RequestProblem {
            return Self.response(problem)
        } catch let error as RegistryError {
            return Self.response(RequestProblem(error.status, error.message))
        } catch {
            logger.error("not answered", metadata: ["error": "\(error)"])
            return Self.response(RequestProblem(500, "Larder could not answer: see its log"))
        }
    }

    private static func response(_ problem: RequestProblem) -> Response {
        let document = ErrorDocument(problem.message, parameter: problem.parameter)
        let bytes = (try? JSONDocument.encode(document)) ?? []
        var response = response(HTTPResponse.Status(code: problem.status), bytes)
        if problem.status == 401 {
            response.headers[.wwwAuthenticate] = #"Bearer realm="larder-admin""#
        }
        return response
    }

    private static func response(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension RequestProblem {
    /// Names the field of the body at fault.
    fileprivate init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, _):
            let field = key.stringValue.snakeCased
            self.init(400, "\(field) is missing", parameter: field)
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            guard let field = context.codingPath.last?.stringValue.snakeCased else {
                self.init(400, "the body is not a JSON object")
                return
            }
            self.init(400, "\(field) is of the wrong type", parameter: field)
        default: self.init(400, "the body is not valid JSON")
        }
    }
}

extension Configuration {
    /// Whether some image may be one that not everybody may know of.
    var hasSecrets: Bool { upstreams.values.contains { !$0.credentials.isEmpty } }
}
