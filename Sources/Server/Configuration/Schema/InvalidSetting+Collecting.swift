/// Values of many parts: all that is wrong with them is told at once.

extension InvalidSetting {
    /// Reads one part after another.
    ///
    /// - Parameters:
    ///   - name: what a part is called in front of its problems; nil for nothing.
    ///   - read: is given what was read before.
    /// - Throws: the problems of all parts.
    static func collecting<Part, Item>(
        _ parts: [Part], name: (_ position: Int, Part) -> String? = { _, _ in nil },
        _ read: (Part, _ items: [Item]) throws(InvalidSetting) -> Item
    ) throws(InvalidSetting) -> [Item] {
        var items: [Item] = []
        var problems: [YAMLProblem] = []
        for (position, part) in parts.enumerated() {
            do throws(InvalidSetting) {
                items.append(try read(part, items))
            } catch {
                let name = name(position, part).map { "\($0): " } ?? ""
                problems += error.problems.map { problem in
                    YAMLProblem(message: name + problem.message, position: problem.position)
                }
            }
        }
        guard problems.isEmpty else { throw InvalidSetting(problems) }
        return items
    }
}
