// RegistryError: the one shape in which a request to a registry fails.

import FoundationEssentials

/// A failure in the terms of the OCI distribution-spec ("Error Codes"): a code, the HTTP status it
/// is answered with, and what a person needs in order to act on it.
package struct RegistryError: Error, Hashable, Sendable {
    package var code: Code
    package var status: Int
    package var message: String
    /// Further facts, by name; left out of the body where empty.
    package var detail: [String: String]
    /// For the `Retry-After` header; not part of the body.
    package var retryAfterSeconds: Int?

    /// Without `status`, the code's own is used.
    package init(
        _ code: Code, _ message: String, detail: [String: String] = [:], status: Int? = nil,
        retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.status = status ?? code.status
        self.message = message
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The JSON body the distribution-spec asks for, its keys sorted. It is valid JSON and free of
    /// raw control characters whatever the strings hold (R74).
    package var body: [UInt8] {
        let entry = Body.Entry(
            code: code.rawValue, message: message, detail: detail.isEmpty ? nil : detail)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(Body(errors: [entry])) else {
            return Array(#"{"errors":[{"code":"UNKNOWN"}]}"#.utf8)
        }
        return Array(data)
    }

    private struct Body: Encodable {
        struct Entry: Encodable {
            let code: String
            let message: String
            let detail: [String: String]?
        }
        let errors: [Entry]
    }
}

extension RegistryError: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(message)" }
}
