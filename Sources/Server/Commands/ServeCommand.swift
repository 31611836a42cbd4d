/// `larder serve`

import ArgumentParser
import CacheStore
import Glibc
import NIOPosix

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve images, from the cache or through it.",
        discussion: """
            Precedence: flag, environment (LARDER_…), file, go-docker-proxy's environment, \
            default. SIGHUP reads the \
            configuration again; SIGTERM lets running downloads end.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        // What Larder keeps is for its own eyes, SQLite's files and the admin socket included.
        umask(0o077)
        DescriptorLimit.raise()
        let source = options.source
        let loaded = try await source.load()
        let service = LarderService(
            loaded: loaded, reload: { try await source.load() },
            logging: LoggingSetup(loaded.configuration.log))
        do {
            try await service.run()
        } catch let error as DataDirectory.InUse {
            throw ValidationError("\(error)")
        } catch let error as SchemaError {
            throw ValidationError("\(error)")
        } catch let error as TLSProblem {
            throw ValidationError("tls.\(error.key.rawValue): \(error)")
        }
    }
}
