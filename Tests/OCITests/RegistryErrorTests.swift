// RegistryErrorTests: error bodies, statuses and excerpts of foreign text.

import Foundation
import OCI
import Testing

@Suite struct RegistryErrorTests {
    @Test("every code has a status and a name in capitals", arguments: RegistryError.Code.allCases)
    func codes(code: RegistryError.Code) {
        let error = RegistryError(code, "x")
        #expect(error.status == code.status && (400...503).contains(code.status))
        #expect(code.rawValue.allSatisfy { $0.isUppercase || $0 == "_" })
        #expect(RegistryError(code, "x", status: 404).status == 404)
    }

    @Test("the body is the spec's, with sorted keys")
    func body() {
        let error = RegistryError(
            .blobUnknown, "no/such", detail: ["upstream": "docker.io", "cached": "no"])
        #expect(
            String(decoding: error.body, as: UTF8.self)
                == #"{"errors":[{"code":"BLOB_UNKNOWN","detail":{"cached":"no","upstream":"#
                + #""docker.io"},"message":"no/such"}]}"#)
        #expect(
            String(decoding: RegistryError(.denied, "x").body, as: UTF8.self)
                == #"{"errors":[{"code":"DENIED","message":"x"}]}"#)
    }

    @Test(
        "R74: the body is valid JSON without control characters whatever the strings hold",
        arguments: hostileTexts + ["\"}]}", "\u{2028}", "😀", "\u{0}\u{1f}\u{7f}"])
    func hostileBody(text: String) throws {
        let body = RegistryError(.unknown, text, detail: [text: text]).body
        #expect(!body.contains { $0 < 0x20 })
        let decoded = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let entry = try #require((decoded?["errors"] as? [[String: Any]])?.first)
        #expect(entry["message"] as? String == text)
        #expect(entry["detail"] as? [String: String] == [text: text])
    }

    @Test(
        "R74: messages show foreign text escaped and cut",
        arguments: hostileTexts + [String(repeating: "\r\n", count: 5000)])
    func excerpts(text: String) {
        let errors = [
            #expect(throws: RegistryError.self) { try Digest(text) },
            #expect(throws: RegistryError.self) { try RepositoryName(text) },
            #expect(throws: RegistryError.self) { try Tag(text) },
        ]
        for message in errors.compactMap({ $0?.message }) {
            #expect(message.utf8.count < 1000)
            #expect(!message.utf8.contains { $0 < 0x20 || $0 == 0x7f || $0 == 0x1b })
        }
    }

    @Test(
        "excerpts",
        arguments: [
            ("a", #""a""#), ("a\"\\", #""a\"\\""#), ("\r\nä", #""\u{d}\u{a}\u{e4}""#),
            (String(repeating: "a", count: 80), "\"" + String(repeating: "a", count: 80) + "\""),
            (String(repeating: "a", count: 81), "\"" + String(repeating: "a", count: 80) + "…\""),
        ])
    func excerpt(text: String, expected: String) {
        #expect(text.excerpt == expected)
    }
}
