/// Puts the parts together, runs them, and takes them down in order.

import CacheStore
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals
import Upstream

struct LarderService: Sendable {
    let loaded: LoadedConfiguration
    /// Reads the configuration again, from the same sources.
    let reload: @Sendable () async throws -> LoadedConfiguration
    let logging: LoggingSetup

    /// Serves until SIGTERM or SIGINT, then lets running downloads end for `shutdown.grace`.
    func run() async throws {
        let configuration = loaded.configuration
        let group = MultiThreadedEventLoopGroup.singleton
        let logger = logging.logger("larder")
        let store = try await Store(
            path: configuration.dataDirectory, logger: logging.logger("larder.store"))
        let http = HTTPTransport(eventLoopGroup: group, userAgent: "larder/\(Version.current)")
        let services = PullServices(
            store: store, configuration: configuration, eventLoopGroup: group,
            logger: logging.logger("larder.pull"))
        let registries = CurrentRegistries(
            RegistryTable(configuration, http: http, logger: logging.logger("larder.upstream")))
        let reloading = ConfigurationReload(
            reload: reload, services: services, registries: registries, http: http,
            logging: logging)

        var serviceGroup = ServiceGroupConfiguration(
            services: servers(services, registries) + [
                StoreMaintenance(store: store), reloading,
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        serviceGroup.maximumGracefulShutdownDuration = configuration.shutdown.grace
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await ServiceGroup(configuration: serviceGroup).run())
        } catch {
            outcome = .failure(error)
        }
        await services.blobFetches.shutdown()
        try await http.shutdown()
        await store.close()
        try outcome.get()
        logger.info("stopped")
    }

    private func servers(
        _ services: PullServices, _ registries: CurrentRegistries
    ) -> [any Service] {
        let responder = RegistryResponder(
            services: services, registries: registries,
            pages: Pages(services: services).router().buildResponder(),
            accessLog: AccessLog(logger: logging.logger("larder.access")))
        return loaded.configuration.listen.map { address in
            Application(
                responder: responder,
                server: HTTPServerBuilder { RegistryChannel(responder: $0) },
                configuration: ApplicationConfiguration(
                    address: .hostname(address.host, port: address.port), serverName: "larder",
                    backlog: 1024),
                onServerRunning: { channel in
                    announce(channel)
                },
                logger: logging.logger("larder.http"))
        }
    }

    private func announce(_ channel: any Channel) {
        let configuration = loaded.configuration
        guard configuration.log.format == .text, let port = channel.localAddress?.port else {
            return
        }
        LineOutput.standard.write(Banner(port: port, configuration: configuration).text)
    }
}

/// What keeps the store in order while the server runs.
struct StoreMaintenance: Service {
    let store: Store

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.reconcile() }
            group.addTask {
                while !Task.isCancelled {
                    await store.flushAccesses()
                    try await Task.sleep(for: .seconds(1))
                }
            }
            try? await gracefulShutdown()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }
}
