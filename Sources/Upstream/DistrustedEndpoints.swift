// The endpoints that gave wrong bytes for a digest, which are asked for it last (R1).
import OCI
import Synchronization

final class DistrustedEndpoints: Sendable {
    /// Digests are named by clients: with more, all are forgotten.
    private static let limit = 1000

    private let endpoints = Mutex<[Digest: EndpointURL]>([:])

    func add(_ endpoint: EndpointURL, for digest: Digest) {
        endpoints.withLock { endpoints in
            if endpoints.count >= Self.limit { endpoints.removeAll() }
            endpoints[digest] = endpoint
        }
    }

    subscript(digest: Digest) -> EndpointURL? { endpoints.withLock { $0[digest] } }
}
