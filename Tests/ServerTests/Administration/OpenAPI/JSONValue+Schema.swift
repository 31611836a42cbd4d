/// JSON as a schema speaks of it.
import OCI

extension JSONValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The texts of an array.
    var names: Set<String> { Set(elements.compactMap(\.string)) }

    /// JSON Schema's word.
    var type: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
