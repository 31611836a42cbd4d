/// What signing in needs: the users' file, and upstreams that are nobody's but their clients'.

extension ConfigurationDraft {
    mutating func checkUsers() {
        let key = ConfigurationKey(path: ["auth", "htpasswd"])
        guard let path = loaded.configuration.auth.htpasswd else {
            if loaded.configuration.auth.allowsAnonymous {
                report(
                    "without auth.htpasswd everybody is anonymous",
                    ConfigurationKey(path: ["auth", "anonymous"]))
            }
            return
        }
        do throws(FileProblem) {
            let bytes = try system.readFile(path, PasswordFile.maximumBytes)
            do throws(PasswordFileProblem) {
                _ = try PasswordFile(parsing: String(decoding: bytes, as: UTF8.self))
            } catch {
                report("\(path): \(error)", key)
            }
        } catch {
            report("\(path) cannot be read: \(error)", key)
        }
    }

    /// With credentials of Larder's, what they may read would be everybody's.
    mutating func checkAccess(of upstream: UpstreamConfiguration) {
        guard upstream.access == .passthrough, !upstream.credentials.isEmpty else { return }
        report(
            "with access: passthrough clients sign in themselves, and Larder does not",
            ConfigurationKey(upstream: upstream.name, path: ["credentials"]))
    }
}
