/// A request as the fast path tells it from others: by its spelling alone.

import NIOHTTP1

/// `Host`, or what a trusted proxy says instead, and request target as they were sent. Two
/// spellings of one object are two keys: no address is resolved here, and no path parsed.
struct HotKey: Hashable, Sendable {
    let host: String?
    let target: String
    /// Of both, made once.
    let hash: Int

    init(host: String?, target: String) {
        self.host = host
        self.target = target
        var hasher = Hasher()
        hasher.combine(host)
        hasher.combine(target)
        hash = hasher.finalize()
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// A plain GET or HEAD: without a body, without wishes as to the connection. Everything else is for
/// the normal path to judge.
struct HotRequest: Sendable {
    private(set) var key: HotKey
    let isHead: Bool
    /// The values of `Accept` as they were sent.
    private(set) var accept: [String] = []
    private(set) var ifNoneMatch: [String] = []
    private(set) var range: String?
    private(set) var authorization: String?

    /// Nil for any other request.
    init?(_ head: HTTPRequestHead) {
        guard head.version == .http1_1 else { return nil }
        switch head.method {
        case .GET: isHead = false
        case .HEAD: isHead = true
        default: return nil
        }
        var host: String?
        for (name, value) in head.headers {
            switch Field(name) {
            case .host: host = host ?? value
            case .accept: accept.append(value)
            case .ifNoneMatch: ifNoneMatch.append(value)
            case .range:
                guard range == nil else { return nil }
                range = value
            case .authorization:
                guard authorization == nil else { return nil }
                authorization = value
            case .connection:
                guard value.isEqual(toLowercase: "keep-alive") else { return nil }
            case .unusual: return nil
            case .irrelevant: break
            }
        }
        key = HotKey(host: host, target: head.uri)
    }

    /// The same, asked at the name that the client knows.
    func asked(at host: String?) -> HotRequest {
        var request = self
        request.key = HotKey(host: host, target: key.target)
        return request
    }

    private enum Field {
        case host, accept, ifNoneMatch, range, authorization, connection
        case unusual
        case irrelevant

        init(_ name: String) {
            // By length first: most fields of most requests matter nothing.
            switch name.utf8.count {
            case 4 where name.isEqual(toLowercase: "host"): self = .host
            case 5 where name.isEqual(toLowercase: "range"): self = .range
            case 6 where name.isEqual(toLowercase: "accept"): self = .accept
            case 6 where name.isEqual(toLowercase: "expect"): self = .unusual
            case 7 where name.isEqual(toLowercase: "upgrade"): self = .unusual
            case 8 where name.isEqual(toLowercase: "if-range"): self = .unusual
            case 10 where name.isEqual(toLowercase: "connection"): self = .connection
            case 13 where name.isEqual(toLowercase: "if-none-match"): self = .ifNoneMatch
            case 13 where name.isEqual(toLowercase: "authorization"): self = .authorization
            case 14 where name.isEqual(toLowercase: "content-length"): self = .unusual
            case 17 where name.isEqual(toLowercase: "transfer-encoding"): self = .unusual
            default: self = .irrelevant
            }
        }
    }
}

extension String {
    /// - Parameter other: without upper-case letters.
    func isEqual(toLowercase other: StaticString) -> Bool {
        guard utf8.count == other.utf8CodeUnitCount else { return false }
        let expected = UnsafeBufferPointer(
            start: other.utf8Start, count: other.utf8CodeUnitCount)
        for (byte, wanted) in zip(utf8, expected) {
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard (isUpper ? byte | 0x20 : byte) == wanted else { return false }
        }
        return true
    }
}
