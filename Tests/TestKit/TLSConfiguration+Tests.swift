// How clients of tests speak TLS.
import NIOSSL

extension TLSConfiguration {
    /// Of a client that trusts the test authority.
    ///
    /// - Parameter identity: what the client proves itself with.
    package static func trustingTests(identity: TestCertificates.Pair? = nil) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        let authority = try? NIOSSLCertificate.fromPEMBytes(
            Array(TestCertificates.authority.utf8))
        configuration.trustRoots = .certificates(authority ?? [])
        guard let identity else { return configuration }
        let chain = try? NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8))
        let key = try? NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem)
        configuration.certificateChain = (chain ?? []).map { .certificate($0) }
        configuration.privateKey = key.map { .privateKey($0) }
        return configuration
    }
}
