/// An answer before it becomes HTTP: status, fields, and where the body comes from.

import CacheStore
import HTTPTypes
import NIOCore
import OCI
import Upstream

struct Answer: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case blob(BlobBody)
    }

    /// Spans of one blob.
    struct BlobBody: Sendable {
        struct Part: Sendable {
            /// Sent before the span: a multipart boundary.
            var preamble = ""
            let span: FileSpan
        }

        let source: BlobSource
        let parts: [Part]
        /// Sent behind the last part.
        var trailer = ""
    }

    var status: HTTPResponse.Status
    var fields: HTTPFields
    var body: Body
    /// Bytes of the body; nil where it is sent chunked.
    var length: Int64?
    /// What the body is, or a part of; nil where it is no content.
    var digest: Digest?
    var outcome: CacheOutcome?
    /// How old it is, where a tag was asked for: sent as `Age` and as the `ttl` of `Cache-Status`.
    var freshness: TagFreshness?

    init(
        _ status: HTTPResponse.Status, _ fields: HTTPFields = [:], body: Body = .none,
        length: Int64? = 0, outcome: CacheOutcome? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.length = length
        self.outcome = outcome
    }

    init(
        _ status: HTTPResponse.Status, bytes: [UInt8], type: String, fields: HTTPFields = [:],
        outcome: CacheOutcome? = nil
    ) {
        var fields = fields
        fields[.contentType] = type
        self.init(
            status, fields, body: .bytes(bytes), length: Int64(bytes.count), outcome: outcome)
    }

    /// The distribution-spec's error body.
    init(_ error: RegistryError, outcome: CacheOutcome? = nil) {
        var fields: HTTPFields = [:]
        if let seconds = error.retryAfterSeconds { fields[.retryAfter] = "\(seconds)" }
        if error.code == .unsupported && error.status == 405 { fields[.allow] = "GET, HEAD" }
        self.init(
            HTTPResponse.Status(code: error.status), bytes: error.body, type: "application/json",
            fields: fields, outcome: outcome)
    }
}

extension Answer {
    /// Sends the client where the upstream's redirect leads, with its method (RFC 9110 §15.4.8).
    /// The URL was parsed and is written anew: nothing else of the upstream's answer is passed on.
    init(_ redirect: HandedOver, insteadOf digest: Digest) {
        self.init(
            .temporaryRedirect,
            [
                .location: redirect.location.absoluteString,
                .dockerContentDigest: "\(digest)",
            ], outcome: .handedOver(upstreamStatus: redirect.status))
    }

    /// All fields but `Date` and `Server`, which come last.
    var responseFields: HTTPFields {
        var fields = fields
        fields[.dockerAPIVersion] = "registry/2.0"
        if let outcome {
            fields[.cacheStatus] = outcome.cacheStatus(ttl: freshness?.ttl)
            fields[.xCache] = outcome.xCache
        }
        if let age = freshness?.age { fields[.age] = "\(age)" }
        if let length { fields[.contentLength] = "\(length)" }
        return fields
    }

    /// The digest of the blob that is sent whole; nil for anything else.
    var wholeBlob: Digest? {
        guard status == .ok, case .blob = body else { return nil }
        return digest
    }

    /// Whether the body begins with the first byte of its content.
    var startsAtZero: Bool {
        guard case .blob(let blob) = body else { return true }
        return blob.parts.first?.span.start == 0
    }
}

extension HTTPField.Name {
    static let dockerContentDigest = HTTPField.Name("Docker-Content-Digest")!  // a valid token
    static let dockerAPIVersion = HTTPField.Name("Docker-Distribution-Api-Version")!  // likewise
    static let cacheStatus = HTTPField.Name("Cache-Status")!  // likewise
    static let xCache = HTTPField.Name("X-Cache")!  // likewise
    static let ociNamespace = HTTPField.Name("OCI-Namespace")!  // likewise
    static let ociFiltersApplied = HTTPField.Name("OCI-Filters-Applied")!  // likewise
    static let link = HTTPField.Name("Link")!  // likewise
}
