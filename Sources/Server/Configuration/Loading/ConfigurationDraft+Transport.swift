/// Files of how upstreams are connected to: client certificates, the proxy's password.
import Upstream

extension ConfigurationDraft {
    mutating func finishClientIdentity(_ name: String) {
        guard let upstream = loaded.configuration.upstreams[name] else { return }
        let certificateKey = ConfigurationKey(upstream: name, path: ["client_certificate"])
        let keyKey = ConfigurationKey(upstream: name, path: ["client_key"])
        switch (upstream.clientCertificate, upstream.clientKey) {
        case (nil, nil): return
        case (_?, nil): report("client_key is missing beside it", certificateKey)
        case (nil, _?): report("client_certificate is missing beside it", keyKey)
        case (let certificatePath?, let keyPath?):
            guard let certificates = readFile(certificatePath, certificateKey),
                let key = readFile(keyPath, keyKey)
            else { return }
            do throws(ClientIdentity.Problem) {
                loaded.configuration.upstreams[name]?.clientIdentity = try ClientIdentity(
                    certificates: certificates, key: key)
            } catch {
                switch error {
                case .certificate:
                    report("\(certificatePath) holds no PEM certificate", certificateKey)
                case .key:
                    report("\(keyPath) holds no PEM key without a passphrase", keyKey)
                case .mismatch:
                    report("the key in \(keyPath) is not that of \(certificatePath)", keyKey)
                }
            }
        }
    }

    private mutating func readFile(_ path: String, _ key: ConfigurationKey) -> [UInt8]? {
        do throws(FileProblem) {
            return try system.readFile(path, Self.maximumCertificateBytes)
        } catch {
            report("\(path) cannot be read: \(error)", key)
            return nil
        }
    }

    /// - Parameter name: an upstream, nil for the proxy of all.
    mutating func finishProxy(of name: String?) {
        let proxy =
            name.map { loaded.configuration.upstreams[$0]?.proxy }
            ?? loaded.configuration.proxy
        guard let path = proxy?.passwordFile else { return }
        let key = ConfigurationKey(upstream: name, path: ["proxy", "password_file"])
        guard let password = readSecret(path, key) else { return }
        if let name {
            loaded.configuration.upstreams[name]?.proxy.password = password
        } else {
            loaded.configuration.proxy.password = password
        }
    }
}
