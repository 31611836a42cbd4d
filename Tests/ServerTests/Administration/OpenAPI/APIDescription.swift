/// What `/openapi.json` says, as the tests read it.
import OCI

@testable import Server

struct APIDescription: Sendable {
    let root: JSONValue

    init() throws {
        root = try JSONValue(parsing: Array(OpenAPIDocument.bytes))
    }

    /// `GET /stats` and so on, with the operation.
    var operations: [String: JSONValue] {
        var operations: [String: JSONValue] = [:]
        for (path, methods) in root["paths"]?.members ?? [:] {
            for (method, operation) in methods.members {
                operations["\(method.uppercased()) \(path)"] = operation
            }
        }
        return operations
    }

    func schema(_ name: String) -> JSONValue? { root["components"]?["schemas"]?[name] }

    /// The query parameters of an operation by name, as schemas.
    func parameters(_ operation: String) -> [String: JSONValue] {
        let parameters = operations[operation]?["parameters"]?.elements.map(resolved) ?? []
        return Dictionary(
            uniqueKeysWithValues: parameters.map {
                ($0["name"]?.string ?? "", $0["schema"] ?? .null)
            })
    }

    /// What an operation answers in JSON; nil where it does not say so.
    func answer(_ operation: String, status: Int) -> JSONValue? {
        let response = operations[operation]?["responses"]?["\(status)"].map(resolved)
        return response?["content"]?["application/json"]?["schema"]
    }

    /// Follows `$ref`, of which this document has none outside itself.
    func resolved(_ node: JSONValue) -> JSONValue {
        guard let path = node["$ref"]?.string else { return node }
        return resolved(
            path.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] ?? .null })
    }

    // MARK: Validation

    /// What is wrong with a value, each with its place; by the keywords that this document uses
    /// of answers. A missing schema is wrong too.
    func problems(_ value: JSONValue, _ schema: JSONValue?, at place: String = "$") -> [String] {
        guard let schema = schema.map(resolved), schema != .null else {
            return ["\(place): there is no schema"]
        }
        let problem = ofType(value, schema) ?? ofEnum(value, schema) ?? ofBounds(value, schema)
        return (problem.map { ["\(place): \($0)"] } ?? []) + children(value, schema, at: place)
    }

    private func ofType(_ value: JSONValue, _ schema: JSONValue) -> String? {
        let types = schema["type"]?.string.map { Set([$0]) } ?? schema["type"]?.names ?? []
        let isWhole = value.type == "integer" && types.contains("number")
        return types.isEmpty || types.contains(value.type) || isWhole
            ? nil : "\(value.type), not \(types)"
    }

    private func ofEnum(_ value: JSONValue, _ schema: JSONValue) -> String? {
        guard let allowed = schema["enum"]?.elements, !allowed.contains(value) else { return nil }
        return "\(value) is not listed"
    }

    private func ofBounds(_ value: JSONValue, _ schema: JSONValue) -> String? {
        switch (value, schema["minimum"], schema["pattern"]) {
        case (.integer(let number), .integer(let least)?, _) where number < least:
            return "\(number) is less than \(least)"
        case (.string(let text), _, .string(let pattern)?):
            let isMatched = (try? Regex(pattern).firstMatch(in: text)) != nil
            return isMatched ? nil : "\(text) does not match \(pattern)"
        default: return nil
        }
    }

    private func children(_ value: JSONValue, _ schema: JSONValue, at place: String) -> [String] {
        switch value {
        case .object(let members):
            let known = schema["properties"]?.members ?? [:]
            let missing = (schema["required"]?.names ?? []).subtracting(members.keys)
            return missing.map { "\(place): \($0) is missing" }
                + members.flatMap { problems($1, known[$0], at: "\(place).\($0)") }
        case .array(let elements):
            return elements.flatMap { problems($0, schema["items"], at: "\(place)[]") }
        default: return []
        }
    }
}
