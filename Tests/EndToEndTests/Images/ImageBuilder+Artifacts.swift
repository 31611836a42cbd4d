// Signatures and other content that is attached to an image.

import Foundation

extension ImageBuilder {
    /// Adds a referrer of the image's index (an OCI manifest with `subject`), and lists it under
    /// the tag that registries without the referrers API are searched by (distribution-spec
    /// 1.1, "Referrers Tag Schema").
    /// - Returns: the referrer's digest.
    func addReferrer(to image: Image, artifactType: String) async throws -> String {
        let subject = Descriptor(
            mediaType: OCIMediaType.index, digest: image.index, size: image.indexSize)
        let (digest, descriptor) = try await addArtifact(
            to: image.repository, artifactType: artifactType, subject: subject, tag: nil)
        _ = try await storage.addManifest(
            encode(Index(manifests: [descriptor])), to: image.repository,
            tag: image.index.replacing(":", with: "-"))
        return digest
    }

    /// Adds a signature of the image's index under the tag that cosign looks for.
    /// - Returns: the signature manifest's digest.
    func addCosignSignature(to image: Image) async throws -> String {
        try await addArtifact(
            to: image.repository, artifactType: nil, subject: nil,
            tag: image.cosignTag
        ).digest
    }

    private func addArtifact(
        to repository: String, artifactType: String?, subject: Descriptor?, tag: String?
    ) async throws -> (digest: String, descriptor: Descriptor) {
        let empty = Data("{}".utf8)
        let payload = Data(#"{"critical":{"type":"cosign container image signature"}}"#.utf8)
        let emptyDigest = try await storage.addBlob(empty, to: repository)
        let payloadDigest = try await storage.addBlob(payload, to: repository)
        let bytes = try encode(
            Manifest(
                artifactType: artifactType,
                config: Descriptor(
                    mediaType: OCIMediaType.config, digest: emptyDigest, size: empty.count),
                layers: [
                    Descriptor(
                        mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
                        digest: payloadDigest, size: payload.count)
                ],
                subject: subject))
        let digest = try await storage.addManifest(bytes, to: repository, tag: tag)
        return (
            digest,
            Descriptor(mediaType: OCIMediaType.manifest, digest: digest, size: bytes.count)
        )
    }
}

extension Image {
    /// The tag of this image's signature as cosign names it.
    var cosignTag: String { index.replacing(":", with: "-") + ".sig" }
}
