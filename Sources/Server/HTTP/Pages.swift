/// What is not the registry API: `/`, health and readiness.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

struct Pages: Sendable {
    let services: PullServices
    let startedAt = ContinuousClock.now

    func router() -> Router<RegistryContext> {
        let router = Router(context: RegistryContext.self, options: .autoGenerateHeadEndpoints)
        router.get("/") { request, context in index(request, context) }
        router.get("/healthz") { _, _ in Self.text("ok\n") }
        router.get("/readyz") { _, _ in Self.text("ready\n") }
        router.get("/health") { _, _ in try health() }
        return router
    }

    /// HTML where the client prefers it, as browsers do; JSON otherwise.
    private func index(_ request: Request, _ context: RegistryContext) -> Response {
        let requester = context.requester(of: request, services.access.policy)
        let page = IndexPage(
            configuration: services.configuration, host: requester.host ?? "localhost:5000",
            isTLS: requester.scheme == "https")
        let wantsHTML = request.headers[values: .accept].contains { $0.contains("text/html") }
        return wantsHTML
            ? Self.body(page.html, type: "text/html; charset=utf-8")
            : Self.body(page.json, type: "application/json")
    }

    /// The predecessor's fields: `status`, `timestamp` (RFC 3339), `version`, `uptime` (seconds).
    private func health() throws -> Response {
        struct Health: Encodable {
            let status = "healthy"
            let timestamp = Date.now.formatted(.iso8601)
            let version = Version.current
            let uptime: Int64
        }
        let uptime = (ContinuousClock.now - startedAt).components.seconds
        let json = try JSONEncoder().encode(Health(uptime: uptime))
        return Self.body(String(decoding: json, as: UTF8.self), type: "application/json")
    }

    private static func text(_ text: String) -> Response {
        body(text, type: "text/plain; charset=utf-8")
    }

    private static func body(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
