/// Finds the name that a misspelt one was meant to be.

extension String {
    /// The candidate with the fewest edits to this string, nil where none is near: within a third
    /// of its length, and at most 3 edits.
    func nearest(among candidates: some Sequence<String>) -> String? {
        let limit = Swift.max(1, Swift.min(3, count / 3))
        let ranked = candidates.map { (name: $0, edits: edits(to: $0)) }
        let best = ranked.min { ($0.edits, $0.name) < ($1.edits, $1.name) }
        return best.flatMap { $0.edits <= limit ? $0.name : nil }
    }

    /// The insertions, deletions, replacements and swaps of neighbours that turn one into the
    /// other (optimal string alignment). Of an overlong string only the beginning counts.
    private func edits(to other: String) -> Int {
        let one = Array(utf8.prefix(128))
        let two = Array(other.utf8.prefix(128))
        var beforeLast: [Int] = []
        var last = Array(0...two.count)
        for i in one.indices {
            var row = [i + 1]
            for j in two.indices {
                let replaced = last[j] + (one[i] == two[j] ? 0 : 1)
                row.append(Swift.min(replaced, last[j + 1] + 1, row[j] + 1))
                if i > 0, j > 0, one[i] == two[j - 1], one[i - 1] == two[j] {
                    row[j + 1] = Swift.min(row[j + 1], beforeLast[j - 1] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[two.count]
    }
}
