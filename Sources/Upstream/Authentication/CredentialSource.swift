// Where a credential comes from: the configuration itself, a helper program, Docker's file.

/// One entry of an upstream's `credentials`.
package enum CredentialSource: Sendable, Hashable {
    case fixed(Credential)
    case helper(CredentialHelper)
    /// The path of a `config.json` as `docker login` writes it.
    case dockerConfig(String)

    /// Whether a credential that was refused may be followed by another one.
    var isRenewable: Bool {
        if case .fixed = self { false } else { true }
    }

    /// As statistics and logs call it; no secret. Two helpers' identities are not told apart: what
    /// name a helper gives is not known before it is asked.
    package var label: String {
        switch self {
        case .fixed(let credential): credential.username
        case .helper(let helper): "helper \(helper.text)"
        case .dockerConfig(let path): path
        }
    }
}

/// A program that gives credentials: Docker's credential helper protocol
/// (github.com/docker/docker-credential-helpers).
package struct CredentialHelper: Sendable, Hashable {
    /// As it is written: a name such as `ecr-login`, or an absolute path.
    package let text: String

    /// Nil unless it is `[a-z0-9-]+`, of at most 64 letters, or an absolute path.
    package init?(_ text: String) {
        let isName =
            !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-")
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            }
        let isPath =
            text.hasPrefix("/") && text.utf8.count <= 4096 && !text.utf8.contains(0)
            && !text.hasSuffix("/")
        guard isName || isPath else { return nil }
        self.text = text
    }

    /// What is run; looked up in `PATH` where it has no slash.
    var program: String { text.hasPrefix("/") ? text : "docker-credential-\(text)" }
}

/// How credential stores call a registry.
enum RegistryServer {
    /// Docker Hub's name in them, whatever its API's host is called.
    static let dockerHub = "https://index.docker.io/v1/"

    /// The host, with its port where that is not the scheme's own; Docker Hub by its old address.
    static func name(of origin: EndpointURL.Origin) -> String {
        guard !hubHosts.contains(origin.host) else { return dockerHub }
        let host = origin.host.contains(":") ? "[\(origin.host)]" : origin.host
        return origin.port == (origin.isTLS ? 443 : 80) ? host : "\(host):\(origin.port)"
    }

    /// The host out of a name that may be written as a URL (Docker's `ConvertToHostname`).
    static func host(of name: String) -> Substring {
        var rest = name[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        return rest.prefix { $0 != "/" }
    }

    private static let hubHosts: Set = ["registry-1.docker.io", "index.docker.io", "docker.io"]
}
