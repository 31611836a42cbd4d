// ManifestTests: what is read from good manifests.

import Foundation
import OCI
import Testing

/// JSON of a descriptor whose digest repeats one hexadecimal digit.
func descriptorJSON(_ digit: Character, extra: String = "") -> String {
    let digest = "sha256:" + String(repeating: digit, count: 64)
    return #"{"mediaType":"application/x","digest":"\#(digest)","size":7\#(extra)}"#
}

func platformJSON(_ digit: Character, _ platform: String) -> String {
    let parts = platform.split(separator: "/")
    let variant = parts.count > 2 ? #","variant":"\#(parts[2])""# : ""
    return descriptorJSON(
        digit, extra: #","platform":{"os":"\#(parts[0])","architecture":"\#(parts[1])"\#(variant)}"#
    )
}

func manifest(_ json: String, as contentType: MediaType? = nil) throws(RegistryError) -> Manifest {
    try Manifest(bytes: Array(json.utf8), contentType: contentType)
}

let config = #""config":"# + descriptorJSON("a")
let layers = #""layers":["# + descriptorJSON("b") + "," + descriptorJSON("c") + "]"
let manifests = #""manifests":["# + descriptorJSON("d") + "]"

@Suite struct ManifestTests {
    @Test("R7: the bytes are kept as they came")
    func rawBytes() throws {
        let json = "\n {\t\"layers\" : [ ],\r\n \"x\":1.50, \(config), \"schemaVersion\":2 } \n"
        #expect(try manifest(json).bytes == Array(json.utf8))
    }

    @Test("an image's children are its config, its layers and its subject")
    func image() throws {
        let subject = #""subject":"# + descriptorJSON("e")
        let parsed = try manifest(
            #"{"schemaVersion":2,"artifactType":"a/t","annotations":{"k":"v","n":null},"#
                + "\(config),\(layers),\(subject)}",
            as: .ociManifest)
        #expect(parsed.children.map(\.relation) == [.config, .layer, .layer, .subject])
        #expect(parsed.children.map { $0.descriptor.digest.hex.first } == ["a", "b", "c", "e"])
        #expect(parsed.artifactType == "a/t")
        #expect(parsed.annotations == ["k": "v"])
        #expect(parsed.subject == parsed.children.last?.descriptor)
        #expect(parsed.child(for: try Platform("linux/amd64")) == nil)
    }

    @Test("an index's children are its manifests")
    func index() throws {
        let parsed = try manifest("{\(manifests)}")
        #expect(parsed.mediaType == .ociIndex)
        #expect(parsed.children.map(\.relation) == [.manifest])
        #expect(parsed.children.first?.descriptor.size == 7)
    }

    @Test("the raw values of relations are what is stored")
    func relations() {
        #expect(Manifest.Child.Relation.allCases.map(\.rawValue) == [1, 2, 3, 4])
    }

    @Test(
        "the type is the field's, else the Content-Type's, else deduced",
        arguments: [
            (nil, nil, false, .ociManifest), (nil, nil, true, .ociIndex),
            (nil, .json, true, .ociIndex), (nil, .octetStream, false, .ociManifest),
            (nil, .dockerManifest, false, .dockerManifest),
            (nil, .dockerManifestList, true, .dockerManifestList),
            (.dockerManifest, nil, false, .dockerManifest),
            (.dockerManifest, .json, false, .dockerManifest),
            (.dockerManifestList, .dockerManifestList, true, .dockerManifestList),
            (.ociIndex, .octetStream, true, .ociIndex),
        ] as [(MediaType?, MediaType?, Bool, MediaType)])
    func types(field: MediaType?, stated: MediaType?, isIndex: Bool, expected: MediaType) throws {
        let mediaType = field.map { #""mediaType":"\#($0)","# } ?? ""
        let parsed = try manifest(
            "{\(mediaType)\(isIndex ? manifests : config)}", as: stated)
        #expect(parsed.mediaType == expected)
    }

    @Test(
        "what Go writes for empty lists and fields is understood",
        arguments: [
            (#"{"manifests":null}"#, nil), (#"{"manifests":[]}"#, nil), ("{}", .ociIndex),
            (#"{"mediaType":"","manifests":[]}"#, nil),
            ("{\(config),\"layers\":null}", nil),
            ("{\(config),\"layers\":[],\"manifests\":null}", .ociManifest),
            ("{\(config),\"subject\":null,\"annotations\":null}", nil),
        ] as [(String, MediaType?)])
    func goNulls(json: String, contentType: MediaType?) throws {
        #expect(try manifest(json, as: contentType).children.count <= 1)
    }

    @Test("R71: a foreign layer's urls are read by nobody")
    func foreignLayers() throws {
        let urls = #","urls":["http://169.254.169.254/x"]"#
        let json = "{\(config),\"layers\":[\(descriptorJSON("b", extra: urls))]}"
        let parsed = try manifest(json)
        #expect(!String(reflecting: parsed.children).contains("169.254"))
        let encoded = try JSONEncoder().encode(parsed.children.map(\.descriptor))
        #expect(!String(decoding: encoded, as: UTF8.self).contains("169.254"))
    }

    @Test("a descriptor survives encoding")
    func descriptors() throws {
        let json = descriptorJSON(
            "a",
            extra: #","artifactType":"t","annotations":{"k":"v"},"platform":{"os":"linux","#
                + #""architecture":"arm","variant":"v7"}"#)
        let descriptor = try JSONDecoder().decode(Descriptor.self, from: Data(json.utf8))
        #expect(descriptor.platform?.description == "linux/arm/v7")
        let again = try JSONDecoder().decode(
            Descriptor.self, from: JSONEncoder().encode(descriptor))
        #expect(again == descriptor)
    }

    @Test(
        "the child for a platform is the exact one, else the first that matches",
        arguments: [
            ("linux/amd64", "2"), ("linux/amd64/v3", "1"), ("linux/amd64/v2", "2"),
            ("linux/arm64", "3"), ("linux/arm64/v8", "3"), ("linux/arm/v6", "5"),
            ("linux/arm", "4"),
            ("linux/s390x", nil), ("windows/amd64", nil), ("unknown/unknown", "6"),
        ] as [(String, Character?)])
    func platforms(wanted: String, digit: Character?) throws {
        let list = [
            descriptorJSON("0"), platformJSON("1", "linux/amd64/v3"),
            platformJSON("2", "linux/amd64"), platformJSON("3", "linux/arm64/v8"),
            platformJSON("4", "linux/arm/v7"), platformJSON("5", "linux/arm/v6"),
            platformJSON("6", "unknown/unknown"),
        ]
        let parsed = try manifest(#"{"manifests":[\#(list.joined(separator: ","))]}"#)
        #expect(parsed.child(for: try Platform(wanted))?.digest.hex.first == digit)
    }
}
