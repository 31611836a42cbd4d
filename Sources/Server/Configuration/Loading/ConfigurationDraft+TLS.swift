/// The main listener's certificate, as far as it can be judged before it is used.

extension ConfigurationDraft {
    /// Reports what would keep the server from starting, and warns of a certificate that clients
    /// will not take at this time.
    mutating func finishTLS() {
        let tls = loaded.configuration.tls
        let certificate = ConfigurationKey(path: ["tls", "certificate"])
        let key = ConfigurationKey(path: ["tls", "key"])
        switch (tls.certificate, tls.key) {
        case (nil, nil): reportWithoutTLS()
        case (_?, nil): report("tls.key is missing beside it", certificate)
        case (nil, _?): report("tls.certificate is missing beside it", key)
        case (let path?, _?):
            do throws(TLSProblem) {
                guard let files = tls.files else { return }
                let identity = try TLSIdentity(tls, TLSContents(files, system.readFile))
                if let warning = identity.expiryWarning(at: system.now(), file: path) {
                    loaded.warnings.append("\(certificate): \(warning)")
                }
            } catch {
                report("\(error)", ConfigurationKey(path: ["tls", error.key.rawValue]))
            }
        }
    }

    /// What means nothing without TLS is not left aside silently: somebody relies on it.
    private mutating func reportWithoutTLS() {
        if loaded.configuration.tls.clientCA != nil {
            report(
                "tls.certificate and tls.key are missing beside it",
                ConfigurationKey(path: ["tls", "client_ca"]))
        }
        if !loaded.configuration.listenPlain.isEmpty {
            report(
                "stands beside tls; without it, use listen",
                ConfigurationKey(path: ["listen_plain"]))
        }
    }
}
