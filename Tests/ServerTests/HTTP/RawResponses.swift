/// Responses out of the bytes of a connection, one after the other.
import Foundation

struct RawResponse {
    let status: Int
    /// Status line and fields.
    let head: String
    let body: [UInt8]
}

/// Takes what has a Content-Length; whatever else comes is left in `rest`.
struct RawResponses: IteratorProtocol, Sequence {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func next() -> RawResponse? {
        guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
        let length = head.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length: ")
        }.flatMap { Int($0.dropFirst(16)) }
        let words = head.split(separator: " ", maxSplits: 2)
        guard let length, words.count > 1, let status = Int(words[1]) else { return nil }
        let body = Array(rest[end.upperBound...].prefix(length))
        rest = rest[end.upperBound...].dropFirst(length)
        return RawResponse(status: status, head: head, body: body)
    }
}
