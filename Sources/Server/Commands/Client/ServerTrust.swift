/// Which servers a command takes for the one that it means, where they speak TLS.

import ArgumentParser
import NIOSSL

enum ServerTrust: Sendable, Equatable {
    /// The system's authorities.
    case system
    /// Those as well, in PEM.
    case authorities([UInt8])
    /// Any: on this machine, where whoever can listen at the address could read the token too.
    case anything

    /// - Throws: `CommandFailure` where there is no certificate among the authorities.
    var tlsConfiguration: TLSConfiguration {
        get throws(CommandFailure) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            switch self {
            case .system: break
            case .anything: configuration.certificateVerification = .none
            case .authorities(let bytes):
                guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes),
                    !certificates.isEmpty
                else { throw .usage("--ca-file: it holds no PEM certificate") }
                configuration.additionalTrustRoots = [.certificates(certificates)]
            }
            return configuration
        }
    }
}

/// The flags that say so. Without them a server at the configuration's own address is trusted,
/// and any other by the system's authorities.
struct TrustOptions: ParsableArguments {
    @Option(help: "A PEM file with the authorities of the server's certificate.")
    var caFile: String?

    @Flag(help: "Take any certificate for the server's.")
    var insecure = false

    /// Blocks on files.
    ///
    /// - Parameter otherwise: where the flags say nothing.
    func trust(
        otherwise: ServerTrust, _ system: ConfigurationSystem
    ) throws(CommandFailure) -> ServerTrust {
        if insecure { return .anything }
        guard let caFile else { return otherwise }
        do throws(FileProblem) {
            return .authorities(try system.readFile(caFile, 4 << 20))
        } catch {
            throw .usage("--ca-file: \(caFile) cannot be read: \(error)")
        }
    }
}
