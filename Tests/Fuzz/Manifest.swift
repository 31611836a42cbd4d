// Manifests and lists of referrers: refused as such, or read twice alike (R7, R10, R46).
import OCI
import TestKit

extension ParserCheck {
    static let manifests = ParserCheck(
        name: "manifests", corpus: documents, tokens: documentTokens
    ) { bytes in
        for type in [nil, MediaType.ociManifest, .ociIndex] {
            do {
                let manifest = try Manifest(bytes: bytes, contentType: type)
                try require(manifest.bytes == bytes, "other bytes (R7)")
                let again = try Manifest(bytes: bytes, contentType: manifest.mediaType)
                try require(again.content == manifest.content, "two readings")
            } catch let error as RegistryError {
                try requireRefusal(error)
            }
        }
    }

    static let referrers = ParserCheck(
        name: "referrers", corpus: documents, tokens: documentTokens
    ) { bytes in
        do {
            let list = try ReferrersIndex(firstPage: bytes)
            let again = try ReferrersIndex(firstPage: list.bytes)
            try require(again.bytes == list.bytes, "two renderings")
        } catch let error as RegistryError {
            try requireRefusal(error)
        }
    }

    private static let config = "\"config\":\(descriptor("a"))"
    private static let layers = "\"layers\":[\(descriptor("b")),\(descriptor("c"))]"
    private static let children = "\"manifests\":[\(descriptor("d"))]"
    private static let platform = #","platform":{"os":"linux","architecture":"arm","variant":"v8"}"#

    private static let documents = [
        "{\(config),\(layers)}", "{\(children)}", "{\"schemaVersion\":2,\(config)}",
        "{\"mediaType\":\"\(MediaType.ociIndex)\",\(children),\"annotations\":{\"a\":\"b\"}}",
        "{\(config),\"subject\":\(descriptor("5")),\"artifactType\":\"a/b\"}",
        "{\"manifests\":[\(descriptor("1", platform))]}",
        String(decoding: SyntheticImage().manifest, as: UTF8.self),
    ]
    private static let documentTokens = [
        "{", "}", "[", "]", ":", ",", "[[", "{\"a\":", "null", "true", "\"config\":", "\"layers\":",
        "\"manifests\":", "\"subject\":", "\"digest\":", "\"size\":", "\"urls\":[\"http://a/\"],",
        "\"\\ud800\"", "\"\\u0000\"", "\\u017f", "1.5", "-", "\"mediaType\":\"text/html\",",
    ]

    /// The digest repeats one hexadecimal digit.
    private static func descriptor(_ digit: Character, _ more: String = "") -> String {
        let digest = "sha256:" + String(repeating: digit, count: 64)
        return #"{"mediaType":"application/x","digest":"\#(digest)","size":7\#(more)}"#
    }

    private static func requireRefusal(_ error: RegistryError) throws {
        try require(error.code == .manifestInvalid, "\(error.code)")
        try require(error.message.utf8.count < 1000, "a long message")
        try requirePlain(error.message)
    }
}
