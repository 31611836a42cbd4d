/// From the names in a rule as they are written to those that requests are resolved to.

import OCI

extension AccessRule {
    /// With the upstreams' own names for their aliases, and with `library/` where it is left out.
    ///
    /// - Throws: `InvalidValue` for an upstream or group that there is not, and for what could
    ///   match no request.
    func resolved(
        _ addressing: Addressing, groups known: some Collection<String>
    ) throws(InvalidValue) -> AccessRule {
        var result = self
        result.upstreams = []
        for name in upstreams {
            guard let upstream = addressing.names[name] else {
                throw InvalidValue(
                    "upstream: there is no upstream \(name)\(Self.hint(name, addressing))")
            }
            if !result.upstreams.contains(upstream) { result.upstreams.append(upstream) }
        }
        result.repositories = []
        for glob in repositories {
            result.repositories += try Self.absolute("\(glob)", result.upstreams, addressing)
        }
        for group in groups where !known.contains(group) {
            let hint = group.nearest(among: known).map { "; did you mean \($0)?" } ?? ""
            throw InvalidValue("group: there is no group \(group) in auth.groups\(hint)")
        }
        return result
    }

    /// - Parameter upstreams: of the rule; where there are any, the pattern may leave them out.
    private static func absolute(
        _ pattern: String, _ upstreams: [String], _ addressing: Addressing
    ) throws(InvalidValue) -> [Glob] {
        let first = String(pattern.prefix { $0 != "/" })
        let hasSlash = first.utf8.count < pattern.utf8.count
        if hasSlash, let named = addressing.names[first.lowercased()] {
            guard upstreams.isEmpty || upstreams.contains(named) else {
                throw InvalidValue(
                    "repository: \(pattern) is of \(named), which is not in upstream beside it")
            }
            return [try canonical(pattern, addressing)]
        }
        if !upstreams.isEmpty {
            var globs: [Glob] = []
            for upstream in upstreams {
                globs.append(try canonical("\(upstream)/\(pattern)", addressing))
            }
            return globs
        }
        guard hasSlash, first.contains(where: { "*?".contains($0) }) else {
            throw InvalidValue(
                "repository: there is no upstream \(first.excerpt)\(hint(first, addressing)); "
                    + "write docker.io/library/*, or upstream beside it")
        }
        return [Glob(pattern)]
    }

    private static func canonical(
        _ pattern: String, _ addressing: Addressing
    ) throws(InvalidValue) -> Glob {
        let canonical = addressing.canonical(pattern)
        let parts = canonical.split(separator: "/", maxSplits: 1)
        if parts.count == 2, Addressing.completesLibrary(String(parts[0])),
            !parts[1].contains("/"), !parts[1].contains("**")
        {
            throw InvalidValue(
                "repository: \(pattern) matches nothing; write \(parts[0])/library/* or "
                    + "\(parts[0])/**")
        }
        return Glob(canonical)
    }

    private static func hint(_ name: String, _ addressing: Addressing) -> String {
        name.nearest(among: addressing.names.keys).map { "; did you mean \($0)?" } ?? ""
    }
}
