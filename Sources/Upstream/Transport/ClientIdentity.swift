// What Larder proves itself with where an endpoint asks for a client certificate (mTLS).
import NIOSSL

package struct ClientIdentity: Sendable, Hashable {
    package enum Problem: Error, Equatable {
        case certificate
        case key
        /// The key is not the certificate's.
        case mismatch
    }

    let certificates: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// - Parameters:
    ///   - certificates: PEM; Larder's own first, then those that lead to the authority.
    ///   - key: PEM, without a passphrase.
    package init(certificates: [UInt8], key: [UInt8]) throws(Problem) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificates), !chain.isEmpty else {
            throw .certificate
        }
        guard let key = try? NIOSSLPrivateKey(bytes: key, format: .pem) else { throw .key }
        self.certificates = chain
        self.key = key
        var configuration = TLSConfiguration.makeClientConfiguration()
        apply(to: &configuration)
        guard (try? NIOSSLContext(configuration: configuration)) != nil else { throw .mismatch }
    }

    func apply(to configuration: inout TLSConfiguration) {
        configuration.certificateChain = certificates.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
    }
}

extension ClientIdentity: CustomStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension UpstreamSettings {
    /// Of connections to endpoints; nil for the system's defaults.
    func tls(identified: Bool) -> TLSConfiguration? {
        let identity = identified ? clientIdentity : nil
        guard caFile != nil || identity != nil else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.additionalTrustRoots = caFile.map { [.file($0)] } ?? []
        identity?.apply(to: &configuration)
        return configuration
    }
}
