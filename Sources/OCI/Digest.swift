// Digest: the name of content by its hash.

/// A content digest (OCI image-spec, "Digests"): `sha256:` and 64, or `sha512:` and 128, lower-case
/// hexadecimal digits. Other algorithms cannot be verified here and are refused (R11); a path
/// made from a digest holds nothing but what was validated (R72).
package struct Digest: Hashable, Sendable {
    package enum Algorithm: String, CaseIterable, Sendable {
        case sha256
        case sha512

        /// Length of the hash.
        package var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha512: 64
            }
        }
    }

    package let algorithm: Algorithm
    package let bytes: [UInt8]

    /// - Precondition: `bytes` holds exactly `algorithm.byteCount` bytes.
    package init(algorithm: Algorithm, bytes: [UInt8]) {
        precondition(bytes.count == algorithm.byteCount, "a \(algorithm) digest has another length")
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// - Throws: `DIGEST_INVALID`, saying what is wrong with `text`.
    package init(_ text: some StringProtocol) throws(RegistryError) {
        func invalid(_ reason: String) -> RegistryError {
            RegistryError(.digestInvalid, "digest \(text.excerpt) \(reason)")
        }
        let utf8 = text.utf8
        guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw invalid("has no algorithm, as in sha256:<hex>")
        }
        let name = utf8[..<colon]
        guard
            let algorithm = Algorithm.allCases.first(where: { name.elementsEqual($0.rawValue.utf8) }
            )
        else {
            throw invalid("is neither sha256 nor sha512")
        }
        let hex = utf8[utf8.index(after: colon)...]
        guard hex.count == algorithm.byteCount * 2 else {
            throw invalid(
                "has not the \(algorithm.byteCount * 2) hexadecimal digits of \(algorithm)")
        }
        guard let bytes = Self.bytes(fromHex: hex) else {
            throw invalid("has characters other than 0-9 and a-f")
        }
        self.init(algorithm: algorithm, bytes: bytes)
    }

    /// All bytes at once: an array would hand them over one by one.
    package func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// The hash alone, in lower-case hexadecimal.
    package var hex: String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[index * 2] = Self.hexDigit(byte >> 4)
                buffer[index * 2 + 1] = Self.hexDigit(byte & 0x0f)
            }
            return bytes.count * 2
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func bytes(fromHex hex: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hex.count / 2)
        var high: UInt8?
        for digit in hex {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}

extension Digest: CustomStringConvertible {
    package var description: String { "\(algorithm.rawValue):\(hex)" }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as RegistryError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
