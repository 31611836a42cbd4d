// Excerpts: foreign text made fit to stand in a message or a log line.

extension StringProtocol {
    /// The text in double quotes, at most 80 characters of it, with everything but printable ASCII
    /// escaped, so that no CR, LF or terminal sequence survives (R74).
    package var excerpt: String {
        let limit = 80
        var shown = "\""
        for scalar in unicodeScalars.prefix(limit) {
            switch scalar {
            case "\"", "\\": shown += "\\\(scalar)"
            case " "..."~": shown.unicodeScalars.append(scalar)
            default: shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return shown + (unicodeScalars.dropFirst(limit).isEmpty ? "\"" : "…\"")
    }
}
