// ImagePattern: which images a pin or a purge is about.

/// A digest, or `UPSTREAM/REPOSITORY[:TAG]` with globs in each part: `docker.io/library/*`,
/// `ghcr.io/org/**:v1.*`, `sha256:…`. Without a tag it means the whole repository.
package enum ImagePattern: Hashable, Sendable {
    case digest(Digest)
    /// - Parameter tag: nil for every image of the repository, tagged or not.
    case names(repository: Glob, tag: Glob?)

    /// - Throws: `NAME_INVALID` or `DIGEST_INVALID`, saying what is wrong with `text`.
    package init(_ text: String) throws(RegistryError) {
        if text.hasPrefix("sha256:") || text.hasPrefix("sha512:") {
            self = .digest(try Digest(text))
            return
        }
        let lastSlash = text.lastIndex(of: "/") ?? text.startIndex
        let colon = text[lastSlash...].lastIndex(of: ":")
        let repository = text[..<(colon ?? text.endIndex)]
        let tag = colon.map { text[text.index(after: $0)...] }
        let isPrintable = text.unicodeScalars.allSatisfy { ("!"..."~").contains($0) }
        guard isPrintable, text.utf8.count <= 512, repository.contains("/"),
            !repository.hasPrefix("/"), !repository.hasSuffix("/"), tag?.isEmpty != true
        else {
            throw RegistryError(
                .nameInvalid,
                "\(text.excerpt) is no digest and no pattern like docker.io/library/*:1.*")
        }
        self = .names(repository: Glob(repository), tag: tag.map { Glob($0) })
    }

    /// - Parameters:
    ///   - repository: with its upstream, `docker.io/library/alpine`.
    ///   - tags: the tags by which the image is known there.
    package func matches(_ digest: Digest, repository: String, tags: [String]) -> Bool {
        switch self {
        case .digest(let wanted): wanted == digest
        case .names(let name, nil): name.matches(repository)
        case .names(let name, let tag?):
            name.matches(repository) && tags.contains(where: tag.matches)
        }
    }

    /// Whether it is about a tag, whatever that names; a digest is about none.
    ///
    /// - Parameter repository: with its upstream, `docker.io/library/alpine`.
    package func matches(repository: String, tag: String) -> Bool {
        switch self {
        case .digest: false
        case .names(let name, let wanted):
            name.matches(repository) && (wanted?.matches(tag) ?? true)
        }
    }
}

extension ImagePattern: CustomStringConvertible {
    package var description: String {
        switch self {
        case .digest(let digest): "\(digest)"
        case .names(let repository, let tag): "\(repository)" + (tag.map { ":\($0)" } ?? "")
        }
    }
}
