/// `auth.htpasswd`: Larder's own users, a line each, as `htpasswd -B` writes them.

import OCI

struct PasswordFile: Sendable, Equatable {
    static let maximumBytes = 4 << 20
    /// bcrypt, SHA-256, SHA-512 and yescrypt of crypt(5).
    private static let acceptedHashes = ["$2y$", "$2b$", "$2a$", "$5$", "$6$", "$y$"]

    /// User names and their hashes.
    let entries: [String: String]

    /// Empty lines and those that begin with `#` are left out.
    init(parsing text: String) throws(PasswordFileProblem) {
        var entries: [String: String] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            func problem(_ reason: String) -> PasswordFileProblem {
                PasswordFileProblem(line: index + 1, reason: reason)
            }
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else {
                throw problem("it is not USER:HASH")
            }
            let user = String(line[..<colon])
            let hash = String(line[line.index(after: colon)...])
            guard Self.acceptedHashes.contains(where: hash.hasPrefix) else {
                throw problem(
                    "the hash of \(user.excerpt) is not bcrypt or SHA-2: make it with htpasswd -B")
            }
            guard entries.updateValue(hash, forKey: user) == nil else {
                throw problem("\(user.excerpt) is there twice")
            }
        }
        self.entries = entries
    }
}

struct PasswordFileProblem: Error, CustomStringConvertible {
    /// From 1.
    let line: Int
    let reason: String

    var description: String { "line \(line): \(reason)" }
}
