// Finds the next page in Link headers (RFC 8288 §3).

enum LinkHeader {
    /// The target of the first link with `rel="next"`, at most 4 KiB of each value being read.
    static func next(in headerValues: [String]) -> String? {
        for value in headerValues {
            var rest = Array(value.utf8.prefix(4096))[...]
            while let open = rest.firstIndex(of: UInt8(ascii: "<")),
                let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
            {
                let target = rest[(open + 1)..<close]
                let parameters = rest[(close + 1)...].prefix { $0 != UInt8(ascii: "<") }
                if isNext(parameters) { return String(decoding: target, as: UTF8.self) }
                rest = rest[parameters.endIndex...]
            }
        }
        return nil
    }

    private static func isNext(_ parameters: ArraySlice<UInt8>) -> Bool {
        String(decoding: parameters, as: UTF8.self).lowercased()
            .split { ";, \t".contains($0) }
            .contains { $0 == "rel=next" || $0 == "rel=\"next\"" }
    }
}
