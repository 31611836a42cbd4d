/// `larder serve` from the configuration to the last line of its log.

import Logging
import NIOCore
import UnixSignals
import Upstream

struct LarderService: Sendable {
    let loaded: LoadedConfiguration
    /// Reads the configuration again, from the same sources.
    let reload: @Sendable () async throws -> LoadedConfiguration
    let logging: LoggingSetup

    /// Serves until SIGTERM or SIGINT, then lets running downloads end for `shutdown.grace`.
    func run() async throws {
        tellOfInheritance()
        try await Composition.with(loaded.configuration, logging: logging) { parts in
            let reloading = ConfigurationReload(
                reload: reload, services: parts.services, registries: parts.registries,
                http: parts.http, logging: logging, certificates: parts.tls?.certificates)
            try await parts.serve(with: [reloading], until: [.sigterm, .sigint]) {
                channel, listener in
                if listener == .main { announce(channel) }
            }
        }
        logging.logger("larder").info("stopped")
    }

    /// Which variables of go-docker-proxy were taken, and what for.
    private func tellOfInheritance() {
        let logger = logging.logger("larder.config")
        for variable in loaded.inherited {
            logger.log(
                level: variable.isWarning ? .warning : .notice, "variable of go-docker-proxy",
                metadata: ["variable": "\(variable)"])
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
