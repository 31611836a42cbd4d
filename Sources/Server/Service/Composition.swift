/// The parts of a Larder that serves: made, run and taken down in one place.

import CacheStore
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOPosix
import OCI
import ServiceLifecycle
import UnixSignals
import Upstream

struct Composition: Sendable {
    let configuration: Configuration
    let logging: LoggingSetup
    let store: Store
    let http: HTTPTransport
    let services: PullServices
    let registries: CurrentRegistries
    /// Of the main listener; nil where it speaks plain HTTP.
    let tls: TLSListener?

    /// Which of the addresses a channel listens at.
    enum Listener: Sendable {
        case main, plain, admin
    }

    /// Called with each channel that listens.
    typealias OnServerRunning = @Sendable (any Channel, Listener) async -> Void

    /// Opens the store and hands the parts to `body`; closes them in order when it ends,
    /// whichever way.
    static func with<Value: Sendable>(
        _ configuration: Configuration, logging: LoggingSetup,
        _ body: (Composition) async throws -> Value
    ) async throws -> Value {
        let parts = try await Composition(configuration, logging)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(parts))
        } catch {
            outcome = .failure(error)
        }
        try await parts.close()
        return try outcome.get()
    }

    private init(_ configuration: Configuration, _ logging: LoggingSetup) async throws {
        self.configuration = configuration
        self.logging = logging
        let group = MultiThreadedEventLoopGroup.singleton
        tls = try await Self.listener(configuration, logging)
        store = try await Store(
            path: configuration.dataDirectory, limits: configuration.storeLimits,
            logger: logging.logger("larder.store"))
        http = HTTPTransport(eventLoopGroup: group, userAgent: "larder/\(Version.current)")
        let users = Users(logger: logging.logger("larder.users"))
        let sealer = try await NIOThreadPool.singleton.runIfActive {
            users.refresh(from: configuration.auth.htpasswd)
            return try TokenSealer.load(dataDirectory: configuration.dataDirectory)
        }
        services = PullServices(
            store: store, configuration: configuration, eventLoopGroup: group,
            signIn: SignIn(users: users, sealer: sealer),
            logger: logging.logger("larder.pull"),
            audit: Audit(logger: logging.logger("larder.audit")))
        registries = CurrentRegistries(
            RegistryTable(
                configuration, http: http, offline: services.offline,
                logger: logging.logger("larder.upstream")))
    }

    /// Fetches first, since they write to the store and read from the upstreams.
    private func close() async throws {
        await services.blobFetches.shutdown()
        let transport: Result<Void, any Error>
        do {
            transport = .success(try await http.shutdown())
        } catch {
            transport = .failure(error)
        }
        await store.close()
        await services.signIn.users.shutdown()
        try transport.get()
    }

    /// Serves at the configured addresses until a signal, or until the task is cancelled.
    ///
    /// - Parameters:
    ///   - further: run beside the servers.
    ///   - signals: begin the graceful shutdown, which lasts for `shutdown.grace` at most.
    func serve(
        with further: [any Service] = [], until signals: [UnixSignal] = [],
        onServerRunning: @escaping OnServerRunning
    ) async throws {
        var group = ServiceGroupConfiguration(
            services: try await servers(onServerRunning) + [
                StoreMaintenance(services: services),
                Upkeep(every: .seconds(2)) { [services] in
                    await services.signIn.users.reload(from: services.configuration.auth.htpasswd)
                },
            ] + further,
            gracefulShutdownSignals: signals, logger: logging.logger("larder"))
        group.maximumGracefulShutdownDuration = configuration.shutdown.grace
        try await ServiceGroup(configuration: group).run()
    }

    private func servers(
        _ onServerRunning: @escaping OnServerRunning
    ) async throws -> [any Service] {
        let routes = try await adminRoutes()
        let ledger = RequestLedger(
            services: services, accessLog: AccessLog(logger: logging.logger("larder.access")))
        let responder = RegistryResponder(
            services: services, registries: registries, pages: pages(routes).buildResponder(),
            ledger: ledger)
        let fastPath = FastPath(services.hotObjects, ledger)
        let server = { (address: ListenAddress, listener: Listener) -> any Service in
            let parts = ListenerParts(
                fastPath: fastPath, connections: services.connections,
                tls: listener == .main ? tls : nil)
            return self.server(
                of: responder, at: .hostname(address.host, port: address.port), parts
            ) { await onServerRunning($0, listener) }
        }
        let admin = configuration.admin.listen.map {
            adminServer(at: $0, routes, ledger) { await onServerRunning($0, .admin) }
        }
        let renewal = tls.map { tls in
            Upkeep(every: .seconds(10)) { await tls.certificates.reload() }
        }
        let beside: [(any Service)?] = [renewal, admin]
        return beside.compactMap(\.self)
            + configuration.listen.map { server($0, .main) }
            + configuration.listenPlain.map { server($0, .plain) }
    }

    /// What the connections of one address share.
    struct ListenerParts {
        let fastPath: FastPath
        let connections: Connections
        /// Nil for plain HTTP.
        let tls: TLSListener?
    }

    func server<Responder: HTTPResponder>(
        of responder: Responder, at address: BindAddress, _ parts: ListenerParts,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> any Service where Responder.Context == RegistryContext {
        let logger = logging.logger("larder.http")
        return Application(
            responder: responder,
            server: HTTPServerBuilder {
                RegistryChannel(
                    responder: $0, fastPath: parts.fastPath, connections: parts.connections,
                    tls: parts.tls)
            },
            configuration: ApplicationConfiguration(
                address: address, serverName: RegistryChannel.serverName, backlog: 1024),
            onServerRunning: { channel in
                try? await AcceptPause.add(to: channel, logger: logger)
                await onServerRunning(channel)
            },
            logger: logger)
    }

    /// - Throws: `TLSProblem` where the certificate cannot be used.
    private static func listener(
        _ configuration: Configuration, _ logging: LoggingSetup
    ) async throws -> TLSListener? {
        let settings = configuration.tls
        guard let files = settings.files else { return nil }
        let certificates = try await NIOThreadPool.singleton.runIfActive {
            try TLSCertificates(settings, files: files, logger: logging.logger("larder.tls"))
        }
        certificates.warnOfExpiry()
        return TLSListener(certificates: certificates, blocks: BlockBudget())
    }
}
