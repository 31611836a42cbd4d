/// What was removed, or would be, for people.

enum RemovalText {
    /// - Parameters:
    ///   - objects: how many of what.
    ///   - held: of `freed`, what running downloads keep.
    static func summary(
        isDryRun: Bool, _ verb: String, _ past: String, _ objects: String, _ freed: Int64,
        _ held: Int64
    ) -> String {
        let later =
            held > 0 ? ", \(Readable.size(held)) of it when running downloads end" : ""
        return isDryRun
            ? "would \(verb) \(objects) and free \(Readable.size(freed))"
            : "\(past) \(objects), freed \(Readable.size(freed))\(later)"
    }

    /// - Parameter count: of all objects, of which `items` are the first.
    static func table(_ items: [RemovedObjectDocument], of count: Int64, _ width: Int?) -> [String]
    {
        guard !items.isEmpty else { return [] }
        var table = TextTable([
            .text("KIND"), .text("DIGEST"), .number("SIZE"), .name("IMAGE"),
        ])
        for item in items {
            table.append([
                item.kind, Readable.shortDigest(item.digest), Readable.size(item.bytes),
                item.image ?? "-",
            ])
        }
        let rest = count - Int64(items.count)
        return table.lines(width: width) + (rest > 0 ? ["and \(Readable.count(rest)) more"] : [])
            + [""]
    }
}
