/// Hashes content as it goes by.

import OCI

import struct Crypto.SHA256
import struct Crypto.SHA512

/// An incremental SHA-256 or SHA-512; a copy goes on independently.
package struct ContentHasher: Sendable {
    private enum State {
        case sha256(SHA256)
        case sha512(SHA512)
    }

    private var state: State

    package init(_ algorithm: Digest.Algorithm) {
        switch algorithm {
        case .sha256: state = .sha256(SHA256())
        case .sha512: state = .sha512(SHA512())
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hasher):
            hasher.update(bufferPointer: bytes)
            state = .sha256(hasher)
        case .sha512(var hasher):
            hasher.update(bufferPointer: bytes)
            state = .sha512(hasher)
        }
    }

    package func digest() -> Digest {
        switch state {
        case .sha256(let hasher): Digest(algorithm: .sha256, bytes: Array(hasher.finalize()))
        case .sha512(let hasher): Digest(algorithm: .sha512, bytes: Array(hasher.finalize()))
        }
    }

    package static func digest(of bytes: [UInt8], _ algorithm: Digest.Algorithm) -> Digest {
        var hasher = ContentHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.digest()
    }
}
