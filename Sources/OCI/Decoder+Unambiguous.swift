// Decoding that refuses what two JSON parsers would read differently.

extension Decoder {
    /// The container for `Key`, unless the object has a key that differs from one of them only in
    /// case: Go's `encoding/json`, with which most clients read manifests, takes such a key for
    /// the field itself, Swift's does not, so that the two would see different content (R10).
    func unambiguousContainer<Key: CodingKey & CaseIterable>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let known = Set(type.allCases.map(\.stringValue))
        let folded = Set(known.map(\.caseFolded))
        let all = try container(keyedBy: FieldName.self)
        for key in all.allKeys where !known.contains(key.stringValue) {
            guard !folded.contains(key.stringValue.caseFolded) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: all,
                    debugDescription: "the key is a known one in another case")
            }
        }
        return try container(keyedBy: type)
    }
}

extension String {
    /// Upper-casing first folds the letters that are equal to ASCII ones only by way of their
    /// capitals, as U+017F is to `s`.
    fileprivate var caseFolded: String { uppercased().lowercased() }
}

/// Any key of an object.
private struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
