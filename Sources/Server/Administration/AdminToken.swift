/// The bearer token that changing operations ask for.

import CLinux
import FoundationEssentials
import Glibc
import Upstream

/// Compared in constant time; never logged, never told.
struct AdminToken: Sendable {
    enum Verdict: Sendable {
        case valid
        case missing
        case wrong
    }

    static let fileName = "admin.token"

    private let secret: Secret

    init(_ secret: Secret) {
        self.secret = secret
    }

    /// The configured token, else the one in the data directory, which is made at the first
    /// start: 32 random bytes in hexadecimal, mode 0600.
    ///
    /// - Throws: `AdminTokenError` where the file cannot be read or made. Blocking.
    static func load(_ settings: AdminSettings, dataDirectory: String) throws -> AdminToken {
        guard settings.token.reveal().isEmpty else { return AdminToken(settings.token) }
        let path = dataDirectory + "/" + fileName
        if let kept = try read(path) { return AdminToken(kept) }
        var generator = SystemRandomNumberGenerator()
        let text = (0..<4).map { _ in
            let word = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }.joined()
        try write(text, to: path)
        return AdminToken(Secret(text))
    }

    /// Nil where there is no file.
    static func read(_ path: String) throws(AdminTokenError) -> Secret? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw AdminTokenError(path, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes {
            Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count >= 0 else { throw AdminTokenError(path, String(cString: strerror(errno))) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard let text else { throw AdminTokenError(path, "it holds no token") }
        return Secret(text)
    }

    private static func write(_ text: String, to path: String) throws(AdminTokenError) {
        let descriptor = larder_create_private(path)
        guard descriptor >= 0 else { throw AdminTokenError(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let line = Array("\(text)\n".utf8)
        guard Glibc.write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw AdminTokenError(path, String(cString: strerror(errno)))
        }
    }

    /// - Parameter authorization: the field of a request, nil where it has none.
    func check(_ authorization: String?) -> Verdict {
        guard let authorization, let space = authorization.firstIndex(of: " "),
            authorization[..<space].lowercased() == "bearer"
        else { return .missing }
        let offered = authorization[authorization.index(after: space)...].drop { $0 == " " }
        return isEqual(Array(offered.utf8), Array(secret.reveal().utf8)) ? .valid : .wrong
    }

    /// Takes as long whatever is offered, save for its length.
    private func isEqual(_ offered: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard offered.count == wanted.count else { return false }
        return zip(offered, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The token's file cannot be used.
struct AdminTokenError: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ reason: String) {
        description = "the admin token's file \(path): \(reason)"
    }
}
