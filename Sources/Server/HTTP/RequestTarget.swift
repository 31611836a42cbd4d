/// The request target, split: a path that stays as it was sent, and decoded parameters.

import OCI

/// RFC 9112 §3.2, origin form.
struct RequestTarget: Sendable {
    /// Never percent-decoded: `RegistryRoute` decides what may be encoded (R72).
    let path: String
    private let query: String

    init(_ target: String) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(halves[0])
        query = halves.count == 2 ? String(halves[1]) : ""
    }

    /// The parameters in their order, percent-decoded.
    var parameters: [(name: String, value: String)] { PercentEncoding.items(in: query) }

    /// The first value of a parameter, percent-decoded; nil where there is none.
    subscript(_ name: String) -> String? { PercentEncoding.value(of: name, in: query) }
}
