// Reads what is common to the answers: headers, encodings, and documents held whole.
import NIOHTTP1
import OCI

extension RegistryClient {
    func announcedDigest(_ response: TransportResponse) -> Digest? {
        response.headers.first(name: "docker-content-digest").flatMap { try? Digest($0) }
    }

    func mediaType(_ response: TransportResponse) -> MediaType? {
        response.headers.first(name: "content-type").map(MediaType.init(rawValue:))
    }

    /// The length of the content a HEAD announces. 0 counts as none: proxies send it where they do
    /// not know.
    func announcedSize(_ response: TransportResponse) -> Int64? {
        contentLength(response).flatMap { $0 > 0 ? $0 : nil }
    }

    func contentLength(_ response: TransportResponse) -> Int64? {
        response.headers.first(name: "content-length").flatMap { Int64($0) }
    }

    /// Throws `.malformed` where content is encoded although identity was asked for (R8): its
    /// digest is that of other bytes.
    func requireIdentity(_ response: TransportResponse) throws(UpstreamError) {
        let encodings = response.headers[canonicalForm: "content-encoding"]
        guard encodings.allSatisfy({ $0.isEmpty || $0.lowercased() == "identity" }) else {
            throw error(
                .malformed, "\(response.url.origin) sent content encoded though asked not to")
        }
    }

    /// The whole body of a small document.
    func document(_ response: TransportResponse, upTo limit: Int) async throws -> [UInt8] {
        try requireIdentity(response)
        let tooLarge = error(
            .tooLarge(limitBytes: limit),
            "\(response.url.origin) sent a document of more than \(limit) bytes")
        if let length = contentLength(response), length > limit { throw tooLarge }
        do {
            let timeout = settings.timeouts.idle
            guard let bytes = try await response.body.collect(upTo: limit, within: timeout) else {
                throw tooLarge
            }
            activity.receivedBody(bytes.count)
            limiter.bandwidth?.charge(bytes.count)
            return bytes
        } catch {
            throw UpstreamError.inBody(error, upstream: settings.name, url: response.url)
        }
    }
}
