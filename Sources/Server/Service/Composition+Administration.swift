/// What is served besides images: pages, statistics, metrics, and the admin API's operations.

import CacheStore
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOPosix
import OCI
import ServiceLifecycle

extension Composition {
    /// The main port's pages; the operations are among them unless they have an address of their
    /// own.
    func pages(_ routes: AdminRoutes) -> Router<RegistryContext> {
        let router = Pages(services: services).router()
        MetricsPage(
            services: services, registries: registries, certificates: tls?.certificates
        ).add(to: router)
        OpenAPIDocument.add(to: router)
        routes.addStatistics(to: router)
        if configuration.admin.listen == nil { routes.addAdministration(to: router) }
        UnroutedPages.add(to: router)
        return router
    }

    /// Statistics and operations at `admin.listen`, in the way of the main port. Its connections are
    /// counted by themselves, so that no crowd of clients keeps operators out.
    func adminServer(
        at address: AdminAddress, _ routes: AdminRoutes, _ ledger: RequestLedger,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> any Service {
        let router = Router(
            context: RegistryContext.self, options: .autoGenerateHeadEndpoints)
        OpenAPIDocument.add(to: router)
        routes.addStatistics(to: router)
        routes.addAdministration(to: router)
        UnroutedPages.add(to: router)
        let bind: BindAddress =
            switch address {
            case .tcp(let address): .hostname(address.host, port: address.port)
            case .unix(let path): .unixDomainSocket(path: path)
            }
        let noObjects = HotObjects()
        noObjects.isEnabled = false
        let parts = ListenerParts(
            fastPath: FastPath(noObjects, ledger), connections: services.operatorConnections,
            tls: address.isLocal ? nil : tls)
        return server(
            of: router.buildResponder(), at: bind, parts, onServerRunning: onServerRunning)
    }

    func adminRoutes() async throws -> AdminRoutes {
        let configuration = configuration
        let token = try await NIOThreadPool.singleton.runIfActive {
            try AdminToken.load(configuration.admin, dataDirectory: configuration.dataDirectory)
        }
        let logger = logging.logger("larder.admin")
        let (store, registries) = (store, registries)
        return AdminRoutes(
            services: services,
            queries: StatisticsQueries(
                reports: store.indexReports,
                totals: TotalsReport(
                    services: services, registries: registries, startedAt: .now),
                addressing: { registries.current.addressing }, now: store.clock.now),
            operations: AdminOperations(
                services: services, registries: registries, logger: logger),
            token: token, logger: logger)
    }
}
