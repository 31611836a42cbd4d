/// Bodies of admin requests: every field known, so that a misspelt `dry_run` removes nothing.

import FoundationEssentials
import OCI

protocol RequestDocument: Decodable, Sendable {
    /// The fields that it may have, as they are written.
    static var fields: Set<String> { get }
}

extension PurgeRequest: RequestDocument {
    static let fields: Set<String> = ["target", "dry_run"]
}

extension EvictRequest: RequestDocument {
    static let fields: Set<String> = ["to_bytes", "dry_run"]
}

extension RefreshRequest: RequestDocument {
    static let fields: Set<String> = ["image"]
}

extension PinRequest: RequestDocument {
    static let fields: Set<String> = ["pattern"]
}

extension VerifyRequest: RequestDocument {
    static let fields: Set<String> = ["pattern"]
}

extension OfflineRequest: RequestDocument {
    static let fields: Set<String> = ["offline", "upstream"]
}

/// The names of an object's fields, whatever their values are.
struct FieldNames: Decodable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let names: [String]

    init(from decoder: any Decoder) throws {
        names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
    }

    /// - Throws: `RequestProblem` naming the first field that is not known; `DecodingError` for
    ///   what is no object.
    static func check(_ bytes: [UInt8], known: Set<String>) throws {
        let found = try JSONDecoder().decode(FieldNames.self, from: Data(bytes))
        guard let name = found.names.sorted().first(where: { !known.contains($0) }) else { return }
        let near = name.nearest(among: known).map { "; did you mean \($0)?" } ?? ""
        throw RequestProblem(400, "there is no field \(name.excerpt) here\(near)", parameter: name)
    }
}

extension String {
    /// `dryRun` → `dry_run`.
    var snakeCased: String {
        reduce(into: "") { text, character in
            text += character.isUppercase ? "_\(character.lowercased())" : "\(character)"
        }
    }
}
