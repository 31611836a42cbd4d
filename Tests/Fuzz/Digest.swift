// Digests: refused, or read as the very text, of hexadecimal digits alone (R11, R72).
import OCI

extension ParserCheck {
    static let sha256 = "sha256:" + String(repeating: "0a", count: 32)
    static let sha512 = "sha512:" + String(repeating: "f9", count: 64)

    static let digests = ParserCheck(
        name: "digests", corpus: [sha256, sha512, "md5:00"],
        tokens: ["sha256:", "sha512:", "SHA256:", ":", "0", "A", "f"]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            let digest = try Digest(text)
            try require(digest.description.utf8.elementsEqual(text.utf8), "read as \(digest)")
            try require(
                Digest(algorithm: digest.algorithm, bytes: digest.bytes) == digest,
                "\(digest) has other bytes")
            try require(
                digest.hex.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
                    && digest.hex.utf8.count == digest.algorithm.byteCount * 2,
                "\(digest.hex) is no file name")
        } catch let error as RegistryError {
            try require(error.code == .digestInvalid, "\(error.code)")
            try requirePlain(error.message)
        }
    }
}
