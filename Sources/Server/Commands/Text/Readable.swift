/// Figures as people read them.

enum Readable {
    /// Bytes in the unit that leaves at most four digits before the point: `17 B`, `1.5 GiB`.
    static func size(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(max(0, bytes)) B" }
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        for (index, unit) in units.enumerated() {
            let factor = Int64(1) << (10 * Int64(index + 1))
            let tenths = bytes / factor * 10 + (bytes % factor * 10 / factor)
            let isLast = index == units.count - 1
            if tenths < 10_240 || isLast { return "\(tenths / 10).\(tenths % 10) \(unit)" }
        }
        return "\(bytes) B"
    }

    /// With commas between thousands.
    static func count(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-\(text)" : text
    }

    /// `1 tag`, `12 tags`.
    static func count(_ number: Int64, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `91.2%`; a dash where there is no share. What is not all is never rounded up to it.
    static func percent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return "-" }
        let tenths = Int64((min(max(share, 0), 1) * 1000).rounded(.down))
        return "\(tenths / 10).\(tenths % 10)%"
    }

    /// `3 h ago`; a dash where it never was.
    static func age(_ time: Timestamp?, at now: Int64) -> String {
        guard let time else { return "-" }
        let seconds = now - time.unixSeconds
        return seconds < 1 ? "now" : "\(span(seconds)) ago"
    }

    /// Seconds in the largest unit of which there are two: `90 s`, `36 h`.
    static func span(_ seconds: Int64) -> String {
        let year: Int64 = 31_556_952
        let units: [(name: String, seconds: Int64)] = [
            ("years", year), ("months", year / 12), ("d", 86_400), ("h", 3600), ("min", 60),
        ]
        for unit in units where seconds >= 2 * unit.seconds {
            return "\(seconds / unit.seconds) \(unit.name)"
        }
        return "\(max(0, seconds)) s"
    }

    /// The algorithm and the first twelve digits.
    static func shortDigest(_ digest: String) -> String {
        guard let colon = digest.firstIndex(of: ":") else { return String(digest.prefix(12)) }
        return String(digest[...colon] + digest[digest.index(after: colon)...].prefix(12))
    }
}
