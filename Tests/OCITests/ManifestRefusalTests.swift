// ManifestRefusalTests: documents that must not pass as manifests.

import Foundation
import OCI
import Testing

@Suite struct ManifestRefusalTests {
    private func expectRefusal(
        _ json: String, as contentType: MediaType? = nil, saying part: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: RegistryError.self, sourceLocation: sourceLocation) {
            try manifest(json, as: contentType)
        }
        guard let error else { return }
        #expect(error.code == .manifestInvalid, sourceLocation: sourceLocation)
        #expect(
            error.message.contains(part), "\(error.message)", sourceLocation: sourceLocation)
        #expect(
            !error.message.utf8.contains { $0 < 0x20 || $0 == 0x7f },
            sourceLocation: sourceLocation)
    }

    @Test(
        "R10: what can be read in two ways is refused",
        arguments: [
            ("{\(manifests),\(config)}", nil), ("{\(manifests),\(layers)}", nil),
            (#"{"manifests":[],"layers":[]}"#, nil), ("{\(manifests),\(config)}", .ociIndex),
            ("{\(config)}", .ociIndex), ("{\(layers)}", .dockerManifestList),
            ("{\(manifests)}", .ociManifest), ("{\(manifests)}", .dockerManifest),
            (#"{"mediaType":"application/vnd.oci.image.index.v1+json",\#(config)}"#, nil),
            (#"{"mediaType":"application/vnd.oci.image.manifest.v1+json",\#(manifests)}"#, nil),
        ] as [(String, MediaType?)])
    func ambiguous(json: String, contentType: MediaType?) {
        expectRefusal(json, as: contentType, saying: "ambiguous")
    }

    @Test(
        "R10: a mediaType field that contradicts the Content-Type is refused",
        arguments: [
            (MediaType.ociManifest, MediaType.dockerManifest), (.dockerManifest, .ociManifest),
            (.ociManifest, .ociIndex), (.ociManifest, MediaType(rawValue: "text/html")),
            (MediaType(rawValue: "a/b"), .ociManifest), (.json, .ociManifest),
        ])
    func contradiction(field: MediaType, contentType: MediaType) {
        expectRefusal(
            #"{"mediaType":"\#(field)",\#(config)}"#, as: contentType, saying: "was sent as")
    }

    @Test(
        "R10: equal keys in one object are refused, escaped or not",
        arguments: [
            #"{"x":"\"",\#(config),\#(config)}"#, "{\(config),\(config)}",
            "{\(manifests),\"manifests\":[]}",
            #"{\#(config),"conf\u0069g":null}"#,
            "{\(config),\"annotations\":{\"a\":\"1\",\"a\":\"2\"}}",
            #"{"config":{"digest":"\#(sha256Text)","size":1,"digest":"\#(sha256Text)"}}"#,
        ])
    func duplicates(json: String) {
        expectRefusal(json, saying: "twice")
    }

    @Test(
        "R10: known keys in another case are refused, as Go would read them",
        arguments: [
            "{\(config),\"Manifests\":[]}", "{\(config),\"LAYERS\":[]}",
            "{\(config),\"layer\u{17f}\":[]}",
            #"{\#(config),"\u017fubject":null}"#, "{\"Config\":{}}",
            "{\(config),\"mediatype\":\"x/y\"}",
            "{\"config\":\(descriptorJSON("a", extra: #","Digest":"x""#))}",
            "{\"manifests\":[\(descriptorJSON("a", extra: #","\#u{17f}ize":1"#))]}",
        ])
    func lookalikes(json: String) {
        expectRefusal(json, saying: "in another case")
    }

    @Test("equal keys in different objects, and keys in another case elsewhere, are fine")
    func harmlessKeys() throws {
        let annotations =
            #""annotations":{"Size":"1","size":"2","config":"3","a":"{\"a\":[","b":""}"#
        #expect(try manifest("{\(config),\(layers),\(annotations)}").annotations.count == 5)
    }

    @Test(
        "schema 1 is refused by name",
        arguments: [
            (#"{"schemaVersion":1}"#, nil), (#"{"fsLayers":[]}"#, nil), ("{}", .dockerSchema1),
            ("{\(config)}", .dockerSchema1Signed),
            (#"{"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}"#, nil),
            (#"{"schemaVersion":1,"fsLayers":[{"blobSum":"x"}],"history":[]}"#, .json),
        ] as [(String, MediaType?)])
    func schema1(json: String, contentType: MediaType?) {
        expectRefusal(json, as: contentType, saying: "schema 1")
    }

    @Test(
        "other types are refused",
        arguments: [
            (#"{"blobs":[]}"#, nil, "neither a config nor manifests"), ("{}", nil, "neither"),
            ("{\(layers)}", nil, "neither a config"),
            ("{\"config\":null}", nil, "neither a config"),
            ("{\(config)}", MediaType(rawValue: "text/html"), "text/html"),
            (#"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}"#, nil, "artifact"),
            (#"{"mediaType":"a/b\r\nX: y",\#(config)}"#, nil, "application/octet-stream"),
            ("{\"schemaVersion\":3,\(config)}", nil, "schemaVersion"),
        ] as [(String, MediaType?, String)])
    func otherTypes(json: String, contentType: MediaType?, part: String) {
        expectRefusal(json, as: contentType, saying: part)
    }

    @Test(
        "fields that are missing or wrong are refused and named",
        arguments: [
            (#"{"config":{"size":1}}"#, "config.digest"),
            (#"{"config":{"digest":"\#(sha256Text)"}}"#, "config.size"),
            (#"{"config":{"digest":"\#(sha256Text)","size":-1}}"#, "negative"),
            (#"{"config":{"digest":"\#(sha256Text)","size":"1"}}"#, "config.size"),
            (#"{"config":{"digest":"\#(sha256Text)","size":1.5}}"#, "number out of range"),
            (
                #"{"config":{"digest":"\#(sha256Text)","size":9223372036854775808}}"#,
                "number out of range"
            ),
            (#"{"config":{"digest":"md5:00","size":1}}"#, "neither sha256 nor sha512"),
            (#"{"config":{"digest":"sha256:../../etc","size":1}}"#, "64 hexadecimal"),
            (#"{"config":[]}"#, "config"), (#"{"manifests":{}}"#, "manifests"),
            (#"{"manifests":[null]}"#, "manifests.0"),
            (#"{"manifests":[{}]}"#, "manifests.0.size"),
            ("{\(config),\"annotations\":{\"a\":1}}", "annotations.a"),
            ("{\(config),\"annotations\":{\"a\\r\\nb\":1}}", "annotations.a"),
            ("{\(config),\"schemaVersion\":\"2\"}", "schemaVersion"),
        ])
    func wrongFields(json: String, part: String) {
        expectRefusal(json, saying: part)
    }

    @Test(
        "what is not a JSON object is refused",
        arguments: [
            "", " ", "null", "[]", "1", "\"{}\"", "{", "}", "{}}", "{} {}", "{\"a\"", "{\"a",
            "{\"a\\",
            "{\"a\":1,}", "{'a':1}", "{a:1}", "{\"a\":1//\n}", "<html></html>", "\u{feff}{}",
            "{\"a\":]}",
            "{\0}", "{\"\\q\":1}", "{\"\\ud800\":1}",
        ])
    func notJSON(json: String) {
        expectRefusal(json, saying: "manifest ")
    }

    @Test("JSON in UTF-16, or of bytes that are no UTF-8, is refused")
    func encodings() throws {
        let json = "{\(config)}"
        for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32] {
            let bytes = Array(try #require(json.data(using: encoding)))
            #expect(throws: RegistryError.self) { try Manifest(bytes: bytes, contentType: nil) }
        }
        let broken =
            Array("{\(config),\"artifactType\":\"".utf8) + [0xff, 0xc0] + Array("\"}".utf8)
        #expect(throws: RegistryError.self) { try Manifest(bytes: broken, contentType: nil) }
    }

    @Test("R46: nesting is bounded at 64 levels")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            "{\(config),\"x\":\(String(repeating: "[", count: depth - 1))"
                + "\(String(repeating: "]", count: depth - 1))}"
        }
        _ = try manifest(nested(64))
        expectRefusal(nested(65), saying: "64 levels")
        expectRefusal(nested(1_000_000), saying: "64 levels")
        expectRefusal(String(repeating: "{\"a\":", count: 500_000), saying: "64 levels")
        _ = try manifest(#"{\#(config),"x":"\#(String(repeating: "[", count: 100))"}"#)
        _ = try manifest(#"{\#(config),"x":"\\\"\#(String(repeating: "[", count: 100))"}"#)
    }

    @Test("R44: a manifest of 4 MiB is read, a longer one is not")
    func size() throws {
        let base = "{\(config)}"
        let padding = String(repeating: " ", count: Manifest.maximumBytes - base.utf8.count)
        #expect(try manifest(base + padding).bytes.count == Manifest.maximumBytes)
        expectRefusal(base + padding + " ", saying: "larger than 4194304 bytes")
    }
}
