/// Names and values, one below the other.

struct FactList: Sendable {
    private let facts: [(name: String, value: String)]

    init(_ facts: [(name: String, value: String)]) {
        self.facts = facts
    }

    /// - Parameter width: the most characters of a line; longer values go on in the next.
    func lines(_ width: Int?) -> [String] {
        let names = (facts.map(\.name.count).max() ?? 0) + 2
        return facts.flatMap { name, value in
            let rows = Self.wrapped(value, to: width.map { max(20, $0 - names) })
            return rows.enumerated().map { index, row in
                let title = index == 0 ? name : ""
                return title + String(repeating: " ", count: names - title.count) + row
            }
        }
    }

    private static func wrapped(_ text: String, to width: Int?) -> [String] {
        guard let width, text.count > width else { return [text] }
        var rows: [String] = []
        for word in text.split(separator: " ") {
            if let last = rows.last, last.count + 1 + word.count <= width {
                rows[rows.count - 1] = "\(last) \(word)"
            } else {
                rows.append(String(word))
            }
        }
        return rows
    }
}
