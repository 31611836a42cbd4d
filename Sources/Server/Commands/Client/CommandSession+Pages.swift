/// Lists of several pages as one.

import OCI

extension CommandSession {
    /// The most items that the server puts on a page.
    private static let pageSize = 1000

    /// Prints up to `limit` items of the list at `path`.
    func showList<Item: Codable & Sendable>(
        _ path: String, _ query: [(name: String, value: String)], limit: Int,
        _ lines: ([Item]) -> [String]
    ) async throws {
        var pages: [[UInt8]] = []
        var items: [Item] = []
        var next: Int? = 0
        while let offset = next, items.count < limit {
            let size = min(Self.pageSize, limit - items.count)
            let page = [("limit", "\(size)"), ("offset", "\(offset)")]
            let bytes = try await read(path, query + page)
            let document = try decode(bytes, as: PageDocument<Item>.self)
            pages.append(bytes)
            items += document.items
            next = document.nextOffset
        }
        if isJSON {
            try show(pages: pages, limit: limit, next)
        } else {
            for line in lines(items) { terminal.print(line) }
        }
        if next != nil { terminal.note("there is more: --limit \(limit * 10)") }
    }

    /// As the server wrote them, with members that are unknown here.
    private func show(pages: [[UInt8]], limit: Int, _ next: Int?) throws {
        var items: [JSONValue] = []
        for page in pages {
            items += try JSONValue(parsing: page)["items"]?.elements ?? []
        }
        let all = JSONValue.object([
            "items": .array(items), "limit": .integer(Int64(limit)), "offset": .integer(0),
            "next_offset": next.map { .integer(Int64($0)) } ?? .null,
        ])
        terminal.print(try all.text())
    }
}
