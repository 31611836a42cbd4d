/// Files in the data directory that hold one secret, made at the first start.

import CLinux
import FoundationEssentials
import Glibc
import Upstream

/// One line of text, mode 0600. Blocking.
enum SecretFile {
    /// The secret in `path`; where there is no file, 32 random bytes in hexadecimal, written there
    /// before they are returned.
    static func load(_ path: String) throws(SecretFileError) -> Secret {
        if let kept = try read(path) { return kept }
        var generator = SystemRandomNumberGenerator()
        let text = (0..<4).map { _ in
            let word = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }.joined()
        try write(text, to: path)
        return Secret(text)
    }

    /// Nil where there is no file.
    static func read(_ path: String) throws(SecretFileError) -> Secret? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SecretFileError(path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count >= 0 else { throw SecretFileError(path, String(cString: strerror(errno))) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard let text else { throw SecretFileError(path, "it is empty") }
        return Secret(text)
    }

    private static func write(_ text: String, to path: String) throws(SecretFileError) {
        let descriptor = larder_create_private(path)
        guard descriptor >= 0 else {
            throw SecretFileError(path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        let line = Array("\(text)\n".utf8)
        guard Glibc.write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw SecretFileError(path, String(cString: strerror(errno)))
        }
    }
}

/// A secret's file cannot be used.
struct SecretFileError: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ reason: String) {
        description = "\(path): \(reason)"
    }
}
