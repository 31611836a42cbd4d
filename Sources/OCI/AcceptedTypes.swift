// AcceptedTypes: what a client's Accept headers allow.

/// The media types a client accepts (RFC 9110 §12.5.1), from one list, from several header lines,
/// or from both. Weights only matter in that `q=0` refuses.
package struct AcceptedTypes: Sendable {
    /// The types that are named in full and not refused, in the client's order, each once.
    package private(set) var explicit: [MediaType] = []
    private var verdicts: [MediaType: Bool] = [:]

    /// One element per `Accept` header line. Malformed members of a list are passed over; of
    /// several for one type, any that allows it does.
    package init(headerValues: [String]) {
        for value in headerValues {
            for member in value[...].split(atASCII: ",") {
                guard let type = MediaType(exactly: member) else { continue }
                let wasAllowed = verdicts[type] ?? false
                verdicts[type] = wasAllowed || Self.weightIsPositive(member)
                if !wasAllowed, verdicts[type] == true, !type.isWildcard {
                    explicit.append(type)
                }
            }
        }
    }

    /// Whether the client named no type at all, and so accepts any.
    package var isEmpty: Bool { verdicts.isEmpty }

    /// Whether the client accepts `type`: the most specific of the type itself, `type/*` and
    /// `*/*` decides.
    package func allows(_ type: MediaType) -> Bool {
        if isEmpty { return true }
        return verdicts[type] ?? verdicts[type.family] ?? verdicts[.any] ?? false
    }

    private static func weightIsPositive(_ member: Substring) -> Bool {
        guard member.utf8.contains(UInt8(ascii: ";")) else { return true }
        for parameter in member.split(atASCII: ";").dropFirst() {
            let halves = parameter.split(atASCII: "=").map(\.trimmingBlanks)
            guard halves.count == 2, halves[0] == "q" || halves[0] == "Q" else { continue }
            return !halves[1].utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
        }
        return true
    }
}

extension MediaType {
    fileprivate static let any = MediaType(rawValue: "*/*")

    /// `type/*` of this type.
    fileprivate var family: MediaType {
        MediaType(rawValue: rawValue[...].split(atASCII: "/")[0] + "/*")
    }

    fileprivate var isWildcard: Bool { rawValue.hasSuffix("/*") }
}
