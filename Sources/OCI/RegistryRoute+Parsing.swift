// RegistryRoute+Parsing: from a request's path to a route.

extension RegistryRoute {
    /// Parses a path without its query.
    ///
    /// Repository names may themselves have components called `manifests`, `blobs` or `tags`, so
    /// the path is read from its end. Nothing is percent-decoded but `%3A`, and that only in a
    /// reference or digest: dots, slashes and NUL in disguise fail the grammars (R72).
    ///
    /// - Returns: nil for a path that is none of `/v2…` or `/<host>/v2…`.
    /// - Throws: `NAME_INVALID` or `DIGEST_INVALID` (400), `MANIFEST_UNKNOWN` (404) for what no
    ///   tag can be called, `UNSUPPORTED` (404) for an endpoint that there is not.
    package init?(path: String) throws(RegistryError) {
        guard let (prefix, rest) = Self.splitBase(path[...].utf8) else { return nil }
        self.init(prefix: prefix, try Self.endpoint(rest))
    }

    /// The prefix, if any, and what follows `/v2/`.
    private static func splitBase(_ path: Bytes) -> (prefix: String?, rest: Bytes)? {
        if let rest = afterVersion(path) { return (nil, rest) }
        guard path.first == slash else { return nil }
        let segments = path.dropFirst()
        guard let end = segments.firstIndex(of: slash), let rest = afterVersion(segments[end...])
        else { return nil }
        let host = Substring(segments[..<end])
        return isHost(host) ? (String(host), rest) : nil
    }

    private static func afterVersion(_ path: Bytes) -> Bytes? {
        guard path.starts(with: "/v2".utf8) else { return nil }
        let rest = path.dropFirst(3)
        return rest.isEmpty ? rest : rest.first == slash ? rest.dropFirst() : nil
    }

    private static func endpoint(_ rest: Bytes) throws(RegistryError) -> Endpoint {
        if rest.isEmpty { return .base }
        if rest.elementsEqual("_catalog".utf8) { return .catalog }
        let (head, last) = cutLast(rest)
        let (name, kind) = cutLast(head)
        switch Substring(kind) {
        case "manifests":
            return .manifest(try RepositoryName(Substring(name)), try reference(last))
        case "blobs" where last.elementsEqual("uploads".utf8):
            return .uploads(try RepositoryName(Substring(name)))
        case "blobs":
            return .blob(try RepositoryName(Substring(name)), try Digest(decodingColon(last)))
        case "tags" where last.elementsEqual("list".utf8):
            return .tags(try RepositoryName(Substring(name)))
        case "referrers":
            return .referrers(try RepositoryName(Substring(name)), try Digest(decodingColon(last)))
        case "uploads" where name.elementsEqual("blobs".utf8) || name.ends(in: "/blobs"):
            return .uploads(try RepositoryName(Substring(cutLast(name).head)))
        default:
            throw RegistryError(
                .unsupported, "there is no endpoint \(("/v2/" + Substring(rest)).excerpt)",
                status: 404)
        }
    }

    private static func reference(_ text: Bytes) throws(RegistryError) -> Reference {
        do {
            return try Reference(decodingColon(text))
        } catch {
            throw error.code == .tagInvalid
                ? RegistryError(.manifestUnknown, error.message) : error
        }
    }

    /// With `%3A` made `:`, which some clients send in digests.
    private static func decodingColon(_ text: Bytes) -> Substring {
        guard let percent = text.firstIndex(of: UInt8(ascii: "%")) else { return Substring(text) }
        let escape = Substring(text[percent...].prefix(3))
        guard escape == "%3A" || escape == "%3a" else { return Substring(text) }
        return Substring(text[..<percent]) + ":" + Substring(text[percent...].dropFirst(3))
    }

    /// What stands before and after the last slash; without one, nothing stands before.
    private static func cutLast(_ text: Bytes) -> (head: Bytes, last: Bytes) {
        guard let index = text.lastIndex(of: slash) else { return (text.prefix(0), text) }
        return (text[..<index], text[text.index(after: index)...])
    }

    private typealias Bytes = Substring.UTF8View
    private static let slash = UInt8(ascii: "/")
}

extension Substring.UTF8View {
    fileprivate func ends(in suffix: String) -> Bool {
        self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
