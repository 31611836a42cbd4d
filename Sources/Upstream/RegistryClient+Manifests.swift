// Manifests: HEAD and GET (OCI distribution-spec, "Pulling manifests").
import NIOHTTP1
import OCI

/// What a registry says about a manifest.
package struct ManifestHead: Sendable, Equatable {
    /// As the registry announced it; nil only where a `body` is there to be hashed.
    package var digest: Digest?
    package var size: Int64?
    package var mediaType: MediaType?
    /// The manifest itself where HEAD did not suffice and GET was used.
    package var body: [UInt8]?
}

/// A manifest as the registry sent it; the caller verifies the digest.
package struct ManifestResponse: Sendable, Equatable {
    package var bytes: [UInt8]
    package var mediaType: MediaType?
    /// As the registry announced it, where it did.
    package var digest: Digest?
}

extension RegistryClient {
    /// The digest, length and type of a manifest by HEAD; by GET where HEAD is not answered
    /// (405, 501) or lacks one of them.
    ///
    /// - Parameter accept: types in addition to the fixed wide ones.
    package func headManifest(
        _ repository: RepositoryName, _ reference: Reference, accept: [MediaType] = []
    ) async throws -> ManifestHead {
        let request = manifestRequest(.HEAD, repository, reference, accept)
        let head: ManifestHead? = try await send(request) { response in
            try await require(response, [200, 405, 501])
            await response.body.discard()
            let head = ManifestHead(
                digest: announcedDigest(response) ?? Self.digest(of: reference),
                size: announcedSize(response), mediaType: mediaType(response))
            let isWhole = head.digest != nil && head.size != nil && head.mediaType != nil
            return response.status == 200 && isWhole ? head : nil
        }
        if let head { return head }
        let manifest = try await manifest(repository, reference, accept: accept)
        return ManifestHead(
            digest: manifest.digest, size: Int64(manifest.bytes.count),
            mediaType: manifest.mediaType, body: manifest.bytes)
    }

    /// The bytes of a manifest, unverified.
    ///
    /// - Parameters:
    ///   - accept: types in addition to the fixed wide ones.
    ///   - isRight: whether bytes are those of a digest; where not, the next endpoint is asked.
    /// - Throws: `.tooLarge` at ``Manifest/maximumBytes`` (R44), `.malformed` where the bytes are
    ///   encoded (R8) or not right.
    package func manifest(
        _ repository: RepositoryName, _ reference: Reference, accept: [MediaType] = [],
        isRight: (_ bytes: [UInt8], _ digest: Digest) -> Bool = { _, _ in true }
    ) async throws -> ManifestResponse {
        var request = manifestRequest(.GET, repository, reference, accept)
        request.isPull = true
        return try await send(request) { response in
            try await require(response, [200])
            let bytes = try await document(response, upTo: Manifest.maximumBytes)
            if let digest = Self.digest(of: reference), !isRight(bytes, digest) {
                throw error(
                    .malformed, "\(response.url.origin) sent other content than \(digest)")
            }
            return ManifestResponse(
                bytes: bytes, mediaType: mediaType(response), digest: announcedDigest(response))
        }
    }

    func manifestRequest(
        _ method: HTTPMethod, _ repository: RepositoryName, _ reference: Reference,
        _ accept: [MediaType] = []
    ) -> RegistryRequest {
        var request = RegistryRequest(
            method, repository, "manifests/\(reference)",
            isByDigest: Self.digest(of: reference) != nil)
        let further = accept.filter { !MediaType.manifestTypes.contains($0) }
        let types = (MediaType.manifestTypes + further).map(\.rawValue)
        request.headers.add(name: "accept", value: types.joined(separator: ", "))
        return request
    }

    private static func digest(of reference: Reference) -> Digest? {
        if case .digest(let digest) = reference { digest } else { nil }
    }
}
