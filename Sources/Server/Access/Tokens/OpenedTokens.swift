/// Tokens of Larder's that were opened, so that the next request with one costs a hash.

import Crypto
import Synchronization

/// Found by a keyed hash: the texts themselves are not kept.
final class OpenedTokens: Sendable {
    /// Each holds what its upstreams gave, up to 12 KiB.
    static let limit = 1024

    private let hash = KeyedHash()
    private let tokens = Mutex<[KeyedHash.Code: AccessToken]>([:])

    /// - Parameters:
    ///   - now: Unix seconds.
    ///   - open: asked where the text was not opened before.
    /// - Returns: nil for what cannot be opened, and for a token that is over.
    func token(_ text: String, now: Int64, open: () -> AccessToken?) -> AccessToken? {
        let code = hash.code(of: text)
        if let known = tokens.withLock({ $0[code] }) { return now < known.end ? known : nil }
        guard let token = open() else { return nil }
        tokens.withLock { tokens in
            if tokens.count >= Self.limit { tokens = tokens.filter { now < $0.value.end } }
            if tokens.count >= Self.limit { tokens = [:] }
            tokens[code] = token
        }
        return token
    }
}
