// How a scripted registry speaks https.
import NIOSSL

package enum TestTLS: Sendable {
    case server
    /// Demands a client certificate of the test authority.
    case mutual

    func context() throws -> NIOSSLContext {
        let server = TestCertificates.server
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(server.certificate.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(server.key.utf8), format: .pem)))
        if case .mutual = self {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8)))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
