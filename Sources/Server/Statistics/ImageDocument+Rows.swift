/// From rows of the index to documents about images.

import CacheStore
import OCI

extension ImageDocument {
    init(_ row: ImageRow) {
        self.init(
            upstream: row.key.repository.upstream, repository: "\(row.key.repository.repository)",
            reference: "\(row.key.reference)", digest: "\(row.digest)",
            mediaType: row.mediaType.rawValue, sizeBytes: row.size, pulls: row.pulls,
            servedBytes: row.bytesServed, lastAccessAt: Timestamp(row.accessedAt))
    }
}

extension ImageDetailDocument {
    init(name: String, detail: ImageDetail, pins: [ImagePattern]) {
        let pin = pins.first { pin in
            pin == .digest(detail.digest)
                || detail.names.contains {
                    pin.matches(detail.digest, repository: $0.repository, tags: $0.tags)
                }
        }
        self.init(
            name: name, digest: "\(detail.digest)", mediaType: detail.mediaType.rawValue,
            pinnedBy: pin.map { "\($0)" },
            tags: detail.tags.map { tag in
                Tag(name: tag.name, verifiedAt: Timestamp(tag.verifiedAt))
            },
            sizeBytes: detail.size, cachedBytes: detail.cachedBytes, pulls: detail.pulls,
            lastAccessAt: Timestamp(detail.accessedAt), manifests: detail.images.map(Manifest.init))
    }
}

extension ImageDetailDocument.Manifest {
    fileprivate init(_ image: ImageDetail.Image) {
        self.init(
            digest: "\(image.digest)", platform: image.platform,
            mediaType: image.mediaType?.rawValue ?? "", sizeBytes: image.size,
            isCached: image.isCached, lastAccessAt: image.accessedAt.map { Timestamp($0) },
            blobs: image.blobs.map(ImageDetailDocument.Blob.init))
    }
}

extension ImageDetailDocument.Blob {
    fileprivate init(_ blob: ImageDetail.Blob) {
        self.init(
            digest: "\(blob.digest)", kind: blob.relation == .config ? .config : .layer,
            sizeBytes: blob.size, isCached: blob.isCached, hits: blob.hits,
            lastAccessAt: blob.accessedAt.map { Timestamp($0) }, sharedWith: blob.sharedWith)
    }
}
