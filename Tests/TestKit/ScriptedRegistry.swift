// A registry for tests: real HTTP/1.1 on 127.0.0.1, with scripted faults, counting its requests.
import NIOHTTP1
import NIOSSL
import OCI
import Synchronization

/// Serves what was added to it, the way a registry does, but for the faults that are scripted.
/// The same type stands in for token servers and for object storage.
package final class ScriptedRegistry: Sendable {
    package let port: Int
    package let requests = RequestLog()
    let state: Mutex<RegistryState>
    private let server: HTTPTestServer
    private let isTLS: Bool

    private init(server: HTTPTestServer, isTLS: Bool) {
        self.server = server
        self.isTLS = isTLS
        self.port = server.port
        self.state = Mutex(RegistryState())
    }

    /// Listens on a free port.
    ///
    /// - Parameter tls: https by the certificate for `localhost`, where it is given.
    package static func start(tls: TestTLS? = nil) async throws -> ScriptedRegistry {
        let server = try await HTTPTestServer.bind(tls: try tls?.context())
        let registry = ScriptedRegistry(server: server, isTLS: tls != nil)
        registry.server.serve { request, body, writer in
            try await registry.answer(request, body, writer)
        }
        return registry
    }

    /// Runs `body` with a registry that is stopped afterwards.
    package static func with<Result>(
        tls: TestTLS? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (ScriptedRegistry) async throws -> Result
    ) async throws -> Result {
        let registry = try await start(tls: tls)
        do {
            let result = try await body(registry)
            await registry.stop()
            return result
        } catch {
            await registry.stop()
            throw error
        }
    }

    /// Opens all gates, closes all connections and the port.
    package func stop() async {
        releaseAll()
        await server.stop()
    }

    /// Such as `http://127.0.0.1:49152`.
    package var url: String { isTLS ? "https://localhost:\(port)" : "http://127.0.0.1:\(port)" }

    /// Connections accepted so far.
    package var connectionCount: Int { server.connectionCount }

    /// Closes the next `count` connections as soon as they are accepted.
    package func closeConnectionsAtAccept(_ count: Int) {
        server.closeAtAccept(count)
    }
}

/// Everything that tests set up, behind one lock.
struct RegistryState {
    var repositories: [String: RepositoryContent] = [:]
    var faults: [FaultRule] = []
    var authentication: Authentication?
    /// The realm of this registry's challenges.
    var realm = ""
    /// What this server issues tokens of, where it is a token server.
    var tokenAuthority: TokenAuthority?
    var storage: BlobRedirect?
    var links: [String: SignedLink] = [:]
    var gates: [String: TestGate] = [:]
    var paging: Paging?
}
