/// What can only be judged of the whole: files, and values that must fit each other.
import Upstream

extension ConfigurationDraft {
    /// Reads the files that are named, drops what is not enabled, and checks the rest.
    mutating func finish() {
        loaded.configuration.upstreams = loaded.configuration.upstreams.filter {
            $0.value.isEnabled
        }
        for name in loaded.configuration.upstreams.keys.sorted() {
            finishUpstream(name)
        }
        checkNames()
        checkHosts()
        checkDefaultUpstream()
        checkWatermarks()
        finishAdminToken()
        finishRules()
        checkUsers()
        finishProxy(of: nil)
        finishTLS()
    }

    private mutating func checkWatermarks() {
        let eviction = loaded.configuration.eviction
        guard eviction.lowWatermark > eviction.highWatermark else { return }
        report(
            "\(eviction.lowWatermark)% is above eviction.high_watermark, "
                + "\(eviction.highWatermark)%",
            ConfigurationKey(path: ["eviction", "low_watermark"]))
    }

    private mutating func finishAdminToken() {
        guard let path = loaded.configuration.admin.tokenFile else { return }
        let key = ConfigurationKey(path: ["admin", "token_file"])
        if let token = readSecret(path, key) { loaded.configuration.admin.token = token }
    }

    private mutating func finishUpstream(_ name: String) {
        guard let upstream = loaded.configuration.upstreams[name] else { return }
        checkEndpoints(of: upstream)
        finishClientIdentity(name)
        finishProxy(of: name)
        if let path = upstream.caFile { checkCertificates(path, of: name) }
        for index in upstream.credentials.indices { finishCredential(index, of: name) }
        checkAccess(of: upstream)
    }

    private mutating func checkEndpoints(of upstream: UpstreamConfiguration) {
        let key = ConfigurationKey(
            upstream: upstream.name, path: [upstream.url == nil ? "endpoints" : "url"])
        if !upstream.allowHTTP, upstream.endpoints.contains(where: { !$0.url.origin.isTLS }) {
            report("plain http needs allow_http: true beside it", key)
        }
        if !upstream.endpoints.contains(where: \.resolves) {
            report("at least one must resolve tags", key)
        }
        var seen: Set<EndpointURL> = []
        for endpoint in upstream.endpoints where !seen.insert(endpoint.url).inserted {
            report("\(endpoint.url) is in the list twice", key)
        }
    }

    private mutating func finishCredential(_ index: Int, of name: String) {
        guard let credential = loaded.configuration.upstreams[name]?.credentials[index] else {
            return
        }
        let key = ConfigurationKey(upstream: name, path: ["credentials"])
        guard credential.helper == nil && credential.dockerConfig == nil else {
            return finishForeign(credential, key)
        }
        if credential.username.isEmpty { report("username is missing", key) }
        guard let path = credential.passwordFile else {
            if credential.password.reveal().isEmpty {
                report("password or password_file is missing", key)
            }
            return
        }
        let fileKey = ConfigurationKey(upstream: name, path: ["credentials", "password_file"])
        if let password = readSecret(path, fileKey) {
            loaded.configuration.upstreams[name]?.credentials[index].password = password
        }
    }

    /// A credential that others keep; Docker's file may change later, and must be readable now.
    private mutating func finishForeign(
        _ credential: CredentialConfiguration, _ key: ConfigurationKey
    ) {
        if !credential.username.isEmpty || !credential.password.reveal().isEmpty
            || credential.passwordFile != nil
        {
            let name = credential.helper == nil ? "docker_config" : "helper"
            report("\(name) stands alone, without username and password", key)
        }
        guard let path = credential.dockerConfig else { return }
        do throws(FileProblem) {
            _ = try system.readFile(path, DockerConfig.maximumBytes)
        } catch {
            var key = key
            key.path.append("docker_config")
            report("\(path) cannot be read: \(error)", key)
        }
    }

    /// The file's text without the line break that editors put at its end.
    mutating func readSecret(_ path: String, _ key: ConfigurationKey) -> Secret? {
        do throws(FileProblem) {
            var bytes = try system.readFile(path, Self.maximumSecretBytes)
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard !bytes.isEmpty, let secret = String(validating: bytes, as: UTF8.self) else {
                report("\(path) holds no password or token", key)
                return nil
            }
            return Secret(secret)
        } catch {
            report("\(path) cannot be read: \(error)", key)
            return nil
        }
    }

    private mutating func checkCertificates(_ path: String, of name: String) {
        let key = ConfigurationKey(upstream: name, path: ["ca_file"])
        do throws(FileProblem) {
            let bytes = try system.readFile(path, Self.maximumCertificateBytes)
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.contains("-----BEGIN CERTIFICATE-----") else {
                return report("\(path) holds no PEM certificate", key)
            }
        } catch {
            report("\(path) cannot be read: \(error)", key)
        }
    }

    private static let maximumSecretBytes = 64 * 1024
    static let maximumCertificateBytes = 4 * 1024 * 1024

    /// A name or alias means one upstream.
    private mutating func checkNames() {
        var owners: [String: String] = [:]
        let upstreams = loaded.configuration.upstreams
        for name in upstreams.keys { owners[name] = name }
        for (name, upstream) in upstreams.sorted(by: { $0.key < $1.key }) {
            for alias in upstream.aliases {
                let owner = owners[alias] ?? name
                owners[alias] = owner
                guard owner != name else { continue }
                report(
                    "\(alias) is already a name of the upstream \(owner)",
                    ConfigurationKey(upstream: name, path: ["aliases"]))
            }
        }
    }

    /// A virtual host means one upstream.
    private mutating func checkHosts() {
        var owners: [String: String] = [:]
        let configuration = loaded.configuration
        for (name, upstream) in configuration.upstreams.sorted(by: { $0.key < $1.key }) {
            for host in configuration.hosts(of: upstream) {
                guard let owner = owners.updateValue(name, forKey: host) else { continue }
                report(
                    "\(host) is already a host of the upstream \(owner)",
                    ConfigurationKey(upstream: name, path: ["hosts"]))
            }
        }
    }

    private mutating func checkDefaultUpstream() {
        let configuration = loaded.configuration
        let wanted = configuration.defaultUpstream
        guard configuration.upstreams[wanted] == nil else { return }
        let near =
            configuration.upstreamNames[wanted]
            ?? wanted.nearest(among: configuration.upstreams.keys)
        let hint = near.map { "; did you mean \($0)?" } ?? ""
        report(
            "there is no upstream \(wanted)\(hint)", ConfigurationKey(path: ["default_upstream"]))
    }
}
