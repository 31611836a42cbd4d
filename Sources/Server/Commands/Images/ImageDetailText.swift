/// `/stats/image` for people.

struct ImageDetailText: Sendable {
    let document: ImageDetailDocument
    /// Unix seconds.
    let now: Int64

    func lines(_ width: Int?) -> [String] {
        let tags = document.tags.map {
            "\($0.name) (verified \(Readable.age($0.verifiedAt, at: now)))"
        }
        let facts = FactList([
            ("image", document.name), ("digest", document.digest),
            ("type", document.mediaType),
            ("tags", tags.isEmpty ? "-" : tags.joined(separator: ", ")),
            (
                "size",
                "\(Readable.size(document.sizeBytes)), "
                    + "\(Readable.size(document.cachedBytes)) of it on the disk"
            ),
            (
                "pulls",
                "\(Readable.count(document.pulls)), last used "
                    + Readable.age(document.lastAccessAt, at: now)
            ),
            ("pinned", document.pinnedBy.map { "by \($0)" } ?? "no"),
        ])
        return facts.lines(width) + document.manifests.flatMap { [""] + lines($0, width) }
    }

    private func lines(_ manifest: ImageDetailDocument.Manifest, _ width: Int?) -> [String] {
        let state =
            manifest.isCached
            ? "last used \(Readable.age(manifest.lastAccessAt, at: now))" : "not cached"
        let title = [
            manifest.platform ?? "image", Readable.shortDigest(manifest.digest),
            Readable.size(manifest.sizeBytes), state,
        ].joined(separator: "  ")
        guard !manifest.blobs.isEmpty else { return [width.map { title.cut(to: $0) } ?? title] }
        var table = TextTable([
            .text("  KIND"), .text("DIGEST"), .number("SIZE"), .text("CACHED"),
            .number("SHARED WITH"), .number("HITS"), .text("LAST ACCESS"),
        ])
        for blob in manifest.blobs {
            table.append([
                "  \(blob.kind.rawValue)", Readable.shortDigest(blob.digest),
                Readable.size(blob.sizeBytes), blob.isCached ? "yes" : "no",
                blob.sharedWith > 0 ? Readable.count(blob.sharedWith) : "-",
                Readable.count(blob.hits), Readable.age(blob.lastAccessAt, at: now),
            ])
        }
        return [width.map { title.cut(to: $0) } ?? title] + table.lines(width: width)
    }
}
