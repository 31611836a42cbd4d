/// SIGHUP: reads the configuration again, validates it, and swaps what may be swapped.

import CacheStore
import Logging
import ServiceLifecycle
import UnixSignals
import Upstream

struct ConfigurationReload: Service {
    let reload: @Sendable () async throws -> LoadedConfiguration
    let services: PullServices
    let registries: CurrentRegistries
    let http: HTTPTransport
    let logging: LoggingSetup
    var certificates: TLSCertificates?

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            await apply()
        }
    }

    /// A configuration with an error changes nothing.
    func apply() async {
        let logger = logging.logger("larder.config")
        await certificates?.reload()
        let running = services.configuration
        let next: Configuration
        do {
            next = try await reload().configuration
        } catch {
            logger.error("not reloaded", metadata: ["error": "\(error)"])
            return
        }
        let change = ConfigurationChange.between(running, next)
        let taken = next.reloaded(into: running)
        await services.signIn.users.reload(from: taken.auth.htpasswd)
        services.apply(taken)
        registries.replace(
            RegistryTable(
                taken, http: http, offline: services.offline,
                logger: logging.logger("larder.upstream"), previous: registries.current))
        services.store.changes.everything()
        logging.threshold.set(taken.log.level)
        do {
            try await services.store.apply(taken.storeLimits)
        } catch {
            logger.error("limits not applied", metadata: ["error": "\(error)"])
        }
        logger.notice(
            "configuration reloaded",
            metadata: [
                "changed": "\(change.live.joined(separator: ", "))",
                "needs_restart": "\(change.needsRestart.joined(separator: ", "))",
            ])
    }
}
