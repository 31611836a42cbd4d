/// For whom an upstream is asked: part of every key under which its answers are shared.

enum Reader: Hashable, Sendable {
    /// An open upstream's: Larder asks as itself, and the answer is everybody's.
    case everyone
    /// A passthrough upstream's: the answer is for one reader alone.
    case identity(ReaderIdentity)
}

/// Who somebody is to one upstream, without telling the credential: a keyed hash of both.
struct ReaderIdentity: Hashable, Sendable, Codable {
    let value: String

    /// Whoever came without a credential.
    static let anonymous = ReaderIdentity(value: "anonymous")

    init(value: String) { self.value = value }

    init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(String.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
