/// Answers what no route does: 405 where the path takes other methods, else 404.

import HTTPTypes
import Hummingbird
import OCI

struct UnroutedPages: RouterMiddleware {
    typealias Context = RegistryContext

    /// By path, its segments joined by `/`.
    private let methods: [String: Set<String>]

    /// Adds it behind the routes that `router` has; it comes after all of them, for middleware
    /// added last runs where none of them matched.
    static func add(to router: Router<RegistryContext>) {
        router.add(middleware: UnroutedPages(router))
    }

    private init(_ router: Router<RegistryContext>) {
        var methods: [String: Set<String>] = [:]
        for route in router.routes {
            let path = Self.segments(route.path.description)
            methods[path, default: []].insert(route.method.rawValue)
            if route.method == .get { methods[path, default: []].insert("HEAD") }
        }
        self.methods = methods
    }

    func handle(
        _ request: Request, context: RegistryContext,
        next: (Request, RegistryContext) async throws -> Response
    ) async throws -> Response {
        let path = RequestTarget(request.head.path ?? "/").path
        let response = answer(to: request.method, at: path)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(to method: HTTPRequest.Method, at path: String) -> Response {
        guard let allowed = methods[Self.segments(path)]?.sorted().joined(separator: ", ") else {
            return Response(RequestProblem(404, "there is nothing at \(path.excerpt)"))
        }
        var response = Response(
            RequestProblem(405, "\(path) takes \(allowed), not \(method.rawValue)"))
        response.headers[.allow] = allowed
        return response
    }

    private static func segments(_ path: String) -> String {
        path.split(separator: "/").joined(separator: "/")
    }
}
