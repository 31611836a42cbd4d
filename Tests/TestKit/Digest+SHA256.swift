import OCI

// The digest of bytes, for tests.
import struct Crypto.SHA256

extension Digest {
    /// The SHA-256 digest of `bytes`.
    package static func sha256(of bytes: [UInt8]) -> Digest {
        Digest(algorithm: .sha256, bytes: Array(SHA256.hash(data: bytes)))
    }
}
