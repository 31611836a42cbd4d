/// Aligned columns, no wider than they may be.

struct TextTable: Sendable {
    enum Alignment: Sendable {
        case leading, trailing
    }

    struct Column: Sendable {
        let title: String
        var alignment = Alignment.leading
        /// Whether its cells may be shortened where the table is too wide.
        var isFlexible = false

        static func text(_ title: String) -> Column { Column(title: title) }
        static func name(_ title: String) -> Column { Column(title: title, isFlexible: true) }
        static func number(_ title: String) -> Column {
            Column(title: title, alignment: .trailing)
        }
    }

    private static let gap = "  "
    private static let narrowest = 8

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Precondition: as many cells as there are columns.
    mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count)
        rows.append(cells.map(Self.printable))
    }

    /// - Parameter width: the most characters of a line; nil for as many as it takes.
    func lines(width: Int?) -> [String] {
        let lines = [columns.map(\.title)] + rows
        let widths = fit(
            columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }, width)
        return lines.map { line in
            let cells = zip(zip(line, columns), widths).map { cell, width in
                Self.pad(cell.0.shortened(to: width), cell.1.alignment, width)
            }
            let text = cells.joined(separator: Self.gap)
            return (width.map { text.cut(to: $0) } ?? text).withoutTrailingBlanks
        }
    }

    /// Takes from the widest flexible column until all fit or none can give any more.
    private func fit(_ natural: [Int], _ width: Int?) -> [Int] {
        guard let width else { return natural }
        var widths = natural
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - width
        while excess > 0 {
            let flexible = columns.indices.filter { columns[$0].isFlexible }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > Self.narrowest
            else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private static func pad(_ cell: String, _ alignment: Alignment, _ width: Int) -> String {
        let blanks = String(repeating: " ", count: max(0, width - cell.count))
        return alignment == .leading ? cell + blanks : blanks + cell
    }

    /// No control character of a foreign name reaches the terminal.
    private static func printable(_ cell: String) -> String {
        String(
            String.UnicodeScalarView(
                cell.unicodeScalars.map { scalar in
                    scalar.properties.generalCategory == .control
                        || scalar.properties.generalCategory == .format ? "?" : scalar
                }))
    }
}

extension String {
    /// Its beginning and its end, where it is too long: an image's tag stays to be seen.
    func shortened(to width: Int) -> String {
        guard count > width else { return self }
        guard width > 1 else { return String(prefix(width)) }
        let kept = width - 1
        return prefix(kept - kept / 2) + "…" + suffix(kept / 2)
    }

    func cut(to width: Int) -> String {
        guard count > width, width > 0 else { return self }
        return prefix(width - 1) + "…"
    }

    fileprivate var withoutTrailingBlanks: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
