// What a Larder must keep to itself, in the forms in which it could come out.

import Foundation

/// The secrets of one Larder: those that its test names, and those in its files.
struct PlantedSecrets {
    /// Tokens that nobody can name beforehand: Larder's own, and a registry's signed ones.
    private static let tokens = [#"larder_[A-Za-z0-9_-]{60,}"#, #"eyJ[A-Za-z0-9_-]{16,}\."#]

    private let texts: Set<String>

    init(of larder: LarderProcess) throws {
        let kept = ["admin.token", "token.key"].map { larder.dataDirectory.appending(path: $0) }
        let texts =
            larder.secrets.flatMap(Self.forms) + [larder.adminToken].compactMap(\.self)
            + [Disclosures.guess].flatMap(Self.forms)
            + (try kept.flatMap(Self.lines)) + (try Self.texts(in: larder.directory))
        self.texts = Set(texts).subtracting([""])
    }

    /// Extended regular expressions (POSIX), one for each.
    var patterns: [String] { texts.sorted().map(Self.pattern) + Self.tokens }

    /// As it was given and as Basic has it; of `user:password` the password by itself as well.
    private static func forms(_ secret: String) -> [String] {
        let encoded = Data(secret.utf8).base64EncodedString()
        guard let colon = secret.firstIndex(of: ":") else { return [secret, encoded] }
        return [String(secret[secret.index(after: colon)...]), encoded]
    }

    /// Those of the files in `directory` and right below it.
    private static func texts(in directory: URL) throws -> [String] {
        let files = directory.names().map { directory.appending(path: $0) }
        let below = files.flatMap { file in file.names().map { file.appending(path: $0) } }
        return try (files + below).flatMap(texts(of:))
    }

    /// The body of a private key, the hashes of users.
    private static func texts(of file: URL) throws -> [String] {
        let name = file.lastPathComponent
        if name.hasSuffix(".key") {
            return try lines(of: file).filter { !$0.hasPrefix("-----") && $0.count > 30 }
        }
        guard name.hasSuffix("htpasswd") else { return [] }
        return try lines(of: file).map { String($0.drop { $0 != "$" }) }
    }

    /// None where there is no such file.
    private static func lines(of file: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            .map(String.init)
    }

    private static func pattern(_ text: String) -> String {
        text.map { character in
            switch character {
            case "/": #"[\]?/"#  // JSON may escape it.
            case _ where character.isLetter || character.isNumber: String(character)
            default: "[\(character)]"
            }
        }.joined()
    }
}
