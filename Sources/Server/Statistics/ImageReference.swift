/// An image as people name it to the statistics and the admin API.

import CacheStore
import OCI

/// `UPSTREAM/REPOSITORY[:TAG|@DIGEST]`; without either it is the tag `latest`.
struct ImageReference: Sendable, Equatable {
    let upstream: String
    let repository: RepositoryName
    let reference: Reference

    /// - Throws: `NAME_INVALID`, `TAG_INVALID` or `DIGEST_INVALID`.
    init(_ text: String) throws(RegistryError) {
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex else {
            throw RegistryError(
                .nameInvalid,
                "\(text.excerpt) names no image as in docker.io/library/alpine:latest")
        }
        upstream = text[..<slash].lowercased()
        let rest = text[text.index(after: slash)...]
        if let at = rest.firstIndex(of: "@") {
            repository = try RepositoryName(rest[..<at])
            reference = .digest(try Digest(rest[rest.index(after: at)...]))
            return
        }
        let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
        let colon = rest[lastSlash...].firstIndex(of: ":")
        repository = try RepositoryName(rest[..<(colon ?? rest.endIndex)])
        reference = .tag(try Tag(colon.map { rest[rest.index(after: $0)...] } ?? "latest"))
    }
}

extension ImageReference: CustomStringConvertible {
    var description: String {
        switch reference {
        case .tag(let tag): "\(upstream)/\(repository):\(tag)"
        case .digest(let digest): "\(upstream)/\(repository)@\(digest)"
        }
    }
}
