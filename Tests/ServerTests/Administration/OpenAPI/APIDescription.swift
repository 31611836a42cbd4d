/// What `/openapi.json` says, as the tests read it.
import Foundation

@testable import Server

struct APIDescription: Sendable {
    let root: JSONTree

    init() throws {
        root = try JSONDecoder().decode(JSONTree.self, from: Data(OpenAPIDocument.bytes))
    }

    /// `GET /stats` and so on, with the operation.
    var operations: [String: JSONTree] {
        var operations: [String: JSONTree] = [:]
        for (path, methods) in root["paths"]?.members ?? [:] {
            for (method, operation) in methods.members {
                operations["\(method.uppercased()) \(path)"] = operation
            }
        }
        return operations
    }

    func schema(_ name: String) -> JSONTree? { root["components"]?["schemas"]?[name] }

    /// The query parameters of an operation by name, as schemas.
    func parameters(_ operation: String) -> [String: JSONTree] {
        let parameters = operations[operation]?["parameters"]?.elements.map(resolved) ?? []
        return Dictionary(
            uniqueKeysWithValues: parameters.map {
                ($0["name"]?.text ?? "", $0["schema"] ?? .null)
            })
    }

    /// What an operation answers in JSON; nil where it does not say so.
    func answer(_ operation: String, status: Int) -> JSONTree? {
        let response = operations[operation]?["responses"]?["\(status)"].map(resolved)
        return response?["content"]?["application/json"]?["schema"]
    }

    /// Follows `$ref`, of which this document has none outside itself.
    func resolved(_ node: JSONTree) -> JSONTree {
        guard let path = node["$ref"]?.text else { return node }
        return resolved(
            path.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] ?? .null })
    }

    // MARK: Validation

    /// What is wrong with a value, each with its place; by the keywords that this document uses
    /// of answers. A missing schema is wrong too.
    func problems(_ value: JSONTree, _ schema: JSONTree?, at place: String = "$") -> [String] {
        guard let schema = schema.map(resolved), schema != .null else {
            return ["\(place): there is no schema"]
        }
        let problem = ofType(value, schema) ?? ofEnum(value, schema) ?? ofBounds(value, schema)
        return (problem.map { ["\(place): \($0)"] } ?? []) + children(value, schema, at: place)
    }

    private func ofType(_ value: JSONTree, _ schema: JSONTree) -> String? {
        let types = schema["type"]?.text.map { Set([$0]) } ?? schema["type"]?.names ?? []
        let isWhole = value.type == "integer" && types.contains("number")
        return types.isEmpty || types.contains(value.type) || isWhole
            ? nil : "\(value.type), not \(types)"
    }

    private func ofEnum(_ value: JSONTree, _ schema: JSONTree) -> String? {
        guard let allowed = schema["enum"]?.elements, !allowed.contains(value) else { return nil }
        return "\(value) is not listed"
    }

    private func ofBounds(_ value: JSONTree, _ schema: JSONTree) -> String? {
        switch (value, schema["minimum"], schema["pattern"]) {
        case (.integer(let number), .integer(let least)?, _) where number < least:
            return "\(number) is less than \(least)"
        case (.string(let text), _, .string(let pattern)?):
            let isMatched = (try? Regex(pattern).firstMatch(in: text)) != nil
            return isMatched ? nil : "\(text) does not match \(pattern)"
        default: return nil
        }
    }

    private func children(_ value: JSONTree, _ schema: JSONTree, at place: String) -> [String] {
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
