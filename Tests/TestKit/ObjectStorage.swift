// Blob redirects to object storage with signed links, as Docker Hub's and quay.io's.
import Foundation
import OCI
import Synchronization

/// Where a registry sends its blob requests.
struct BlobRedirect: Sendable {
    var storage: ScriptedRegistry
    var linkUses: Int?
    var status: Int
}

/// One signed link: what it gives, and how often.
struct SignedLink: Sendable {
    var bytes: [UInt8]
    var uses: Int?
}

extension ScriptedRegistry {
    /// Redirects all blob requests to signed links on `storage`. There a request with any
    /// Authorization is 400, a HEAD is 403, and so is a link used more than `linkUses` times.
    package func redirectBlobs(
        to storage: ScriptedRegistry, linkUses: Int? = nil, status: Int = 307
    ) {
        state.withLock {
            $0.storage = BlobRedirect(storage: storage, linkUses: linkUses, status: status)
        }
    }

    /// A new signed link to `bytes` on this server.
    func makeLink(to bytes: [UInt8], uses: Int?) -> String {
        state.withLock { state in
            let signature = "sig\(state.links.count)"
            state.links[signature] = SignedLink(bytes: bytes, uses: uses)
            return "\(url)/objects/blob?X-Signature=\(signature)&X-Path=a%2Fb"
        }
    }

    func answerObject(_ request: RecordedRequest) -> ScriptedResponse {
        guard request.header("authorization") == nil else {
            return .error(400, "Only one auth mechanism allowed")
        }
        guard request.method == "GET", let signature = request.query("X-Signature") else {
            return .error(403, "SignatureDoesNotMatch")
        }
        let bytes = state.withLock { state -> [UInt8]? in
            guard let link = state.links[signature], link.uses != 0 else { return nil }
            state.links[signature]?.uses = link.uses.map { $0 - 1 }
            return link.bytes
        }
        guard let bytes else { return .error(403, "AccessDenied") }
        return ScriptedResponse(status: 200, body: bytes)
    }
}

extension RecordedRequest {
    /// The raw value of the first query item of that name.
    func query(_ name: String) -> String? {
        queries(name).first
    }

    /// The values of all query items of that name, decoded.
    func queries(_ name: String) -> [String] {
        values(of: name, in: uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? "")
    }

    /// The values of all fields of that name in a form that was posted, decoded.
    func fields(_ name: String) -> [String] {
        values(of: name, in: body[...])
    }

    private func values(of name: String, in query: Substring) -> [String] {
        query.split(separator: "&").compactMap { pair -> String? in
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0] == name else { return nil }
            return String(parts[1]).removingPercentEncoding
        }
    }
}
