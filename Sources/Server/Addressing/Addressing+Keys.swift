/// From a name that is spelled out to the repository in the index.

import CacheStore
import OCI

extension Addressing {
    init(_ configuration: Configuration) {
        self.init(
            names: configuration.upstreamNames, virtualHosts: configuration.virtualHosts,
            domain: configuration.domain, defaultUpstream: configuration.defaultUpstream)
    }

    /// An image as people name it, with `library/` where it is left out; aliases count.
    ///
    /// - Throws: `NAME_UNKNOWN` where no upstream has the name.
    func key(of image: ImageReference) throws(RegistryError) -> RepositoryKey {
        guard let upstream = names[image.upstream] else {
            throw RegistryError(.nameUnknown, "there is no upstream \(image.upstream.excerpt)")
        }
        return try Self.key(of: image.repository, at: upstream)
    }

    static func key(
        of repository: RepositoryName, at upstream: String
    ) throws(RegistryError) -> RepositoryKey {
        let isOfficial = completesLibrary(upstream) && repository.components.count == 1
        return RepositoryKey(
            upstream: upstream,
            repository: isOfficial ? try RepositoryName("library/\(repository)") : repository)
    }

    /// A pattern with the upstream's own name, and `library/` where it is left out.
    func canonical(_ pattern: String) -> String {
        guard let slash = pattern.firstIndex(of: "/"),
            let upstream = names[pattern[..<slash].lowercased()]
        else { return pattern }
        let rest = pattern[pattern.index(after: slash)...]
        let isShort =
            Self.completesLibrary(upstream) && !rest.contains("/") && !rest.hasPrefix("*")
        return "\(upstream)/\(isShort ? "library/" : "")\(rest)"
    }

    /// Docker Hub's official images have one-segment names that stand for `library/<name>`.
    static func completesLibrary(_ upstream: String) -> Bool { upstream == "docker.io" }
}
