// MediaTypeTests: media types and Accept headers.

import Foundation
import OCI
import Testing

@Suite struct MediaTypeTests {
    @Test(
        "case, parameters and blanks are normalised away",
        arguments: [
            ("application/json", "application/json"),
            ("Application/JSON; charset=utf-8", "application/json"),
            (" application/json ", "application/json"),
            ("application/json;", "application/json"),
            ("application/vnd.oci.image.index.v1+JSON", "application/vnd.oci.image.index.v1+json"),
        ])
    func normalised(text: String, expected: String) {
        #expect(MediaType(rawValue: text).rawValue == expected)
        #expect("\(MediaType(rawValue: text))" == expected)
    }

    @Test(
        "R74: what is no media type becomes application/octet-stream",
        arguments: [
            "", " ", "json", "/", "a/", "/b", "a/b/c", "a b/c", "a/b\r\nSet-Cookie: x=y", "a/b\n",
            "a\0/b", "a/\u{1b}[31m", "text/ä", "\u{212a}/x", ";q=1",
            "a/" + String(repeating: "b", count: 254),
        ])
    func refused(text: String) {
        #expect(MediaType(rawValue: text) == .octetStream)
    }

    @Test("the manifest types know what they are")
    func kinds() {
        #expect(MediaType.manifestTypes.filter(\.isIndex) == [.ociIndex, .dockerManifestList])
        #expect(
            MediaType.manifestTypes.filter(\.isImageManifest) == [.ociManifest, .dockerManifest])
        #expect(!MediaType.manifestTypes.contains { $0.isSchema1 })
        #expect(MediaType.dockerSchema1.isSchema1 && MediaType.dockerSchema1Signed.isSchema1)
    }

    @Test("a media type is a single string in JSON")
    func json() throws {
        let decoded = try JSONDecoder().decode([MediaType].self, from: Data(#"["A/B; c=d"]"#.utf8))
        #expect(decoded == [MediaType(rawValue: "a/b")])
        #expect(String(decoding: try JSONEncoder().encode(decoded), as: UTF8.self) == #"["a\/b"]"#)
    }
}

@Suite struct AcceptedTypesTests {
    @Test(
        "R9: whether a type is accepted",
        arguments: [
            ([], true), ([""], true), ([" , ,"], true), (["*/*"], true), (["application/*"], true),
            (["garbage"], true),
            (["application/vnd.oci.image.index.v1+json"], true),
            (["APPLICATION/vnd.oci.image.index.v1+json ; q=0.5"], true),
            (["text/html, application/vnd.oci.image.index.v1+json, */*;q=0"], true),
            (["text/html", "application/vnd.oci.image.index.v1+json"], true),
            (["application/vnd.oci.image.manifest.v1+json, */*"], true),
            (["application/vnd.oci.image.manifest.v1+json"], false),
            (["text/*"], false), (["*/*;q=0"], false), (["*/*; Q=0.000"], false),
            (["application/vnd.oci.image.index.v1+json;q=0, */*"], false),
            (["application/*;q=0", "*/*"], false),
            (["text/html", "image/png, image/webp"], false),
        ] as [([String], Bool)])
    func index(headers: [String], expected: Bool) {
        #expect(AcceptedTypes(headerValues: headers).allows(.ociIndex) == expected)
    }

    @Test("types named in full are kept in order, once, without wildcards and refusals")
    func explicit() {
        let accepted = AcceptedTypes(headerValues: [
            "application/vnd.oci.image.manifest.v1+json;q=0.1, image/png;q=0, */*",
            "a/b, application/*, application/vnd.oci.image.manifest.v1+json, c/d;q=0, c/d",
        ])
        #expect(
            accepted.explicit == [
                .ociManifest, MediaType(rawValue: "a/b"), MediaType(rawValue: "c/d"),
            ])
        #expect(!accepted.isEmpty)
        #expect(AcceptedTypes(headerValues: [","]).isEmpty)
    }

    @Test("containerd's one line and podman's several mean the same")
    func clients() {
        let types = MediaType.manifestTypes.map(\.rawValue)
        let containerd = AcceptedTypes(headerValues: [types.joined(separator: ", ") + ", */*"])
        let podman = AcceptedTypes(headerValues: types)
        #expect(containerd.explicit == podman.explicit)
        #expect(containerd.allows(.dockerSchema1) && !podman.allows(.dockerSchema1))
    }
}
