/// A hash of texts by which they are told apart without being kept.

import Crypto
import FoundationEssentials

/// HMAC-SHA-256. Each text goes in with its length, so that no two lists of them are alike.
struct KeyedHash: Sendable {
    typealias Code = HMAC<SHA256>.MAC

    private let key: SymmetricKey

    /// - Parameter key: by default one that ends with the process.
    init(key: SymmetricKey = SymmetricKey(size: .bits256)) {
        self.key = key
    }

    func code(of texts: String...) -> Code { code(of: texts) }

    /// The same as text.
    func value(of texts: String...) -> String { Base64URL.encode(Data(code(of: texts))) }

    private func code(of texts: [String]) -> Code {
        var code = HMAC<SHA256>(key: key)
        for text in texts {
            code.update(data: withUnsafeBytes(of: UInt64(text.utf8.count)) { Data($0) })
            code.update(data: Data(text.utf8))
        }
        return code.finalize()
    }
}
