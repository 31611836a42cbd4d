/// How far long work has come: a bar on a terminal, a line for each tenth elsewhere.

struct ProgressReport: Sendable {
    private static let clear = "\r\u{1B}[K"

    /// Columns of the terminal; nil where it is none.
    let width: Int?
    private var tenths = -1

    init(width: Int?) {
        self.width = width
    }

    /// What to write now; nil for nothing.
    ///
    /// - Parameters:
    ///   - text: what was done so far, in words.
    ///   - total: of `done`; 0 where it is not known yet.
    mutating func step(_ done: Int64, of total: Int64, _ text: String) -> String? {
        let share = total > 0 ? Double(min(done, total)) / Double(total) : 0
        if let width { return Self.clear + Self.line(share, text, width: width - 1) }
        let now = Int(share * 10)
        guard total > 0, now > tenths else { return nil }
        tenths = now
        return "\(Readable.percent(share)) \(text)\n"
    }

    /// Removes the bar.
    var end: String { width == nil ? "" : Self.clear }

    static func line(_ share: Double, _ text: String, width: Int) -> String {
        let figures = " \(Readable.percent(share)) \(text)"
        let cells = min(30, width - figures.count - 2)
        guard cells >= 5 else { return String(figures.dropFirst()).cut(to: width) }
        let filled = Int(share * Double(cells))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: " ", count: cells - filled) + "]" + figures
    }
}
