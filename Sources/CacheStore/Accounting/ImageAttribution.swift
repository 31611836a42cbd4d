/// Which image a client is pulling: the one that it asked for last in that repository.

import OCI

/// Clients ask for a tag, then for manifests and blobs by digest. What follows the tag in the
/// same repository is its pull, so it counts for the tag, until the client paused for ten
/// minutes. Pure; bounded by forgetting all.
struct ImageAttribution: Sendable {
    private struct Pull: Hashable {
        let client: String
        let repository: RepositoryKey
    }

    private struct Current {
        let image: ImageKey
        /// What the tag named, as long as no GET of it was counted.
        var uncounted: Digest?
        /// Unix seconds.
        var last: Int64
    }

    static let limit = 20_000
    static let pauseSeconds: Int64 = 600

    private var current: [Pull: Current] = [:]

    /// - Returns: the image, and whether the request counts as a pull of it.
    mutating func image(of record: RequestRecord, at time: Int64) -> AttributedImage? {
        let pull = Pull(client: record.client, repository: record.repository)
        let image = Self.image(of: record, continuing: &current[pull], at: time)
        if current.count > Self.limit { forgetAll(but: pull) }
        return image
    }

    private mutating func forgetAll(but pull: Pull) {
        let running = current[pull]
        current = [:]
        current[pull] = running
    }

    private static func image(
        of record: RequestRecord, continuing running: inout Current?, at time: Int64
    ) -> AttributedImage? {
        if let last = running?.last, time - last > pauseSeconds { running = nil }
        running?.last = time
        return image(of: record, &running, at: time)
    }

    /// - Parameter running: what the client is pulling, before and after the request.
    private static func image(
        of record: RequestRecord, _ running: inout Current?, at time: Int64
    ) -> AttributedImage? {
        switch record.subject {
        case .listing, .manifest(nil, _): return nil
        case .blob:
            return running.map { AttributedImage(key: $0.image, digest: nil, isPull: false) }
        case .manifest(let digest?, let tag?):
            let image = ImageKey(repository: record.repository, reference: .tag(tag))
            let uncounted = record.isHead ? digest : nil
            running = Current(image: image, uncounted: uncounted, last: time)
            return AttributedImage(key: image, digest: digest, isPull: record.isPull)
        case .manifest(let digest?, nil):
            return manifest(digest, record, &running, at: time)
        }
    }

    private static func manifest(
        _ digest: Digest, _ record: RequestRecord, _ running: inout Current?, at time: Int64
    ) -> AttributedImage {
        if let tagged = running, tagged.image.tag != nil {
            let isFirst = tagged.uncounted == digest && record.isPull
            if isFirst { running?.uncounted = nil }
            return AttributedImage(
                key: tagged.image, digest: isFirst ? digest : nil, isPull: isFirst)
        }
        let image = ImageKey(repository: record.repository, reference: .digest(digest))
        running = Current(image: image, uncounted: nil, last: time)
        return AttributedImage(key: image, digest: digest, isPull: record.isPull)
    }
}

/// What a request counts for.
struct AttributedImage: Sendable {
    let key: ImageKey
    /// What the image's reference names, where the request tells.
    let digest: Digest?
    let isPull: Bool
}

/// A tag of a repository, or a digest that was asked for without one.
package struct ImageKey: Hashable, Sendable {
    package let repository: RepositoryKey
    package let reference: Reference

    package init(repository: RepositoryKey, reference: Reference) {
        self.repository = repository
        self.reference = reference
    }

    var tag: Tag? { if case .tag(let tag) = reference { tag } else { nil } }
}
