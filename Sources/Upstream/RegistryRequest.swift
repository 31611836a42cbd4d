// One read of a registry, before authentication and redirects.
import NIOHTTP1
import OCI

struct RegistryRequest: Sendable {
    var method: HTTPMethod
    /// Below an endpoint's URL, beginning with `/v2/`.
    var path: String
    var query: String?
    var headers = HTTPHeaders()
    /// The repository whose pull scope is needed; nil for `/v2/` itself.
    var repository: RepositoryName?
    /// Whether a digest decides what the right answer is, so that any endpoint may give it.
    var isByDigest = false
    /// The endpoint that is asked after all others.
    var avoided: EndpointURL?
    /// Whether registries count it as a pull: GET of a manifest.
    var isPull = false
    /// Whether its body is content of any size, and needs one of the upstream's slots.
    var isDownload = false
    /// The number of the identity that it is sent as; nil where that does not matter.
    var identity: Int?
    /// Whether a redirect to another host may be left to the client.
    var canHandOver = false

    /// A request for something of `repository`, such as `manifests/latest`.
    init(
        _ method: HTTPMethod, _ repository: RepositoryName, _ path: String, query: String? = nil,
        isByDigest: Bool = false
    ) {
        self.method = method
        self.path = "/v2/\(repository)/\(path)"
        self.query = query
        self.repository = repository
        self.isByDigest = isByDigest
    }

    /// `/v2/` itself.
    init(ping method: HTTPMethod) {
        self.method = method
        self.path = "/v2/"
    }
}
