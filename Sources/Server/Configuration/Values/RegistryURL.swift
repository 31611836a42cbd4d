/// Registries' names and addresses, as they are written in a configuration.
import OCI
import Upstream

enum RegistryHost {
    /// `text` in lower case, if it is a host name with or without a port.
    static func name(_ text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = HostName(parts[0]) else { return nil }
        switch parts.count {
        case 1: return host.text
        case 2:
            guard let port = UInt16(parts[1]), port > 0 else { return nil }
            return "\(host.text):\(port)"
        default: return nil
        }
    }
}

enum RegistryURL {
    /// An http or https URL with a host and maybe a path, below which `/v2/` is. What may hold a
    /// password is not repeated in the error.
    static func parse(_ text: String) throws(InvalidValue) -> EndpointURL {
        guard !text.contains("@") else {
            throw InvalidValue("no user name or password belongs in a URL; use credentials")
        }
        guard !text.contains("?"), !text.contains("#") else {
            throw InvalidValue("a registry's URL has no query and no fragment")
        }
        guard let url = EndpointURL(text) else {
            let hint = RegistryHost.name(text).map { "; did you mean https://\($0)?" } ?? ""
            throw InvalidValue(
                "expected a URL such as https://registry.example.com, not \(text.excerpt)\(hint)")
        }
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        guard !path.hasSuffix("/v2") else {
            throw InvalidValue("expected the URL without /v2, which is added, not \(text.excerpt)")
        }
        return EndpointURL(origin: url.origin, path: path)
    }
}
