// RegistryRoute: one value for a path of the registry API.

/// A path of the OCI distribution-spec's API ("Endpoints"), parsed and validated once and
/// rendered from the same value.
package struct RegistryRoute: Hashable, Sendable {
    package enum Endpoint: Hashable, Sendable {
        /// `/v2/`
        case base
        /// `/v2/<name>/manifests/<reference>`
        case manifest(RepositoryName, Reference)
        /// `/v2/<name>/blobs/<digest>`
        case blob(RepositoryName, Digest)
        /// `/v2/<name>/tags/list`
        case tags(RepositoryName)
        /// `/v2/<name>/referrers/<digest>`
        case referrers(RepositoryName, Digest)
        /// `/v2/<name>/blobs/uploads/` and everything one level below it; Larder takes no pushes.
        case uploads(RepositoryName)
        /// `/v2/_catalog`
        case catalog
    }

    /// The segment before `/v2` that names a registry, as in `/docker.io/v2/library/nginx/…`,
    /// spelt as the client did. Made of letters, digits, `.`, `:` and `-`.
    package var prefix: String?
    package var endpoint: Endpoint

    /// - Precondition: `prefix` has the form of a host, as `isHost(_:)` says.
    package init(prefix: String? = nil, _ endpoint: Endpoint) {
        precondition(prefix.map(Self.isHost) ?? true, "a prefix has the form of a host")
        self.prefix = prefix
        self.endpoint = endpoint
    }

    /// Whether a segment looks like a host: with a `.` or `:` in it, or `localhost`, of letters,
    /// digits, `.`, `:` and `-`, starting and ending with a letter or digit, without `..`.
    package static func isHost(_ text: some StringProtocol) -> Bool {
        var previous = UInt8(ascii: ".")
        var hasDotOrColon = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: ":"):
                if previous == UInt8(ascii: ".") { return false }
                hasDotOrColon = true
            case UInt8(ascii: "-"):
                if previous == UInt8(ascii: ".") { return false }
            default:
                if !byte.isASCIIAlphanumeric { return false }
            }
            previous = byte
        }
        return previous.isASCIIAlphanumeric && (hasDotOrColon || text == "localhost")
    }

    /// The path, without a query; `init(path:)` reads it back as an equal value.
    package var path: String {
        let base = (prefix.map { "/\($0)" } ?? "") + "/v2/"
        return switch endpoint {
        case .base: base
        case .manifest(let name, let reference): "\(base)\(name)/manifests/\(reference)"
        case .blob(let name, let digest): "\(base)\(name)/blobs/\(digest)"
        case .tags(let name): "\(base)\(name)/tags/list"
        case .referrers(let name, let digest): "\(base)\(name)/referrers/\(digest)"
        case .uploads(let name): "\(base)\(name)/blobs/uploads/"
        case .catalog: "\(base)_catalog"
        }
    }
}
