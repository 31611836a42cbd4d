// NameTests: repository names, tags and references.

import OCI
import TestKit
import Testing

@Suite struct RepositoryNameTests {
    @Test(
        "names of the distribution-spec's grammar are accepted",
        arguments: [
            "a", "0", "nginx", "library/nginx", "a/b/c/d", "docker.io/library/nginx", "a.b", "a_b",
            "a__b", "a-b", "a---b", "a-b_c__d.e", "manifests", "blobs/uploads", "v2/tags/list",
            String(repeating: "a", count: 255), String(repeating: "a/", count: 127) + "a",
            "a" + String(repeating: "-", count: 253) + "b",
        ])
    func accepted(text: String) throws {
        let name = try RepositoryName(text)
        #expect("\(name)" == text)
        #expect(name.components.map(String.init) == text.split(separator: "/").map(String.init))
    }

    @Test(
        "R72: other names are NAME_INVALID",
        arguments: [
            "A", "Library/nginx", "a..b", "a___b", "a._b", "a-_b", "a_-b", "a.-b", "-a", "a-", ".a",
            "a.", "_a", "a_", "__a", "a/-b", "a-/b", "a/.b/c", "a/_", "/", "//", "a:b", "a@b",
            "localhost:5000/a", String(repeating: "a", count: 256),
            String(repeating: "a", count: 300),
            String(repeating: "a/", count: 150) + "a",
        ] + hostileTexts)
    func refused(text: String) {
        let error = #expect(throws: RegistryError.self) { try RepositoryName(text) }
        #expect(error?.code == .nameInvalid)
        #expect(error?.status == 400)
    }

    @Test("names sort as bytes do")
    func order() throws {
        let names = try ["b", "a/b", "a", "a-b"].map { try RepositoryName($0) }
        #expect(names.sorted().map(\.description) == ["a", "a-b", "a/b", "b"])
    }

    @Test("parsing a rendered name gives the same name")
    func property() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            let name = try generator.repositoryName()
            #expect(try RepositoryName(name.description) == name)
        }
    }
}

@Suite struct ReferenceTests {
    @Test(
        "tags of the distribution-spec's grammar are accepted",
        arguments: [
            "a", "_", "1", "latest", "v1.2.3", "1.27-alpine", "A_b.C-d", "a..b", "a--",
            "sha256-\(sha256Hex).sig", String(repeating: "t", count: 128),
        ])
    func accepted(text: String) throws {
        #expect("\(try Tag(text))" == text)
        #expect(try Reference(text) == .tag(Tag(text)))
        #expect("\(try Reference(text))" == text)
    }

    @Test(
        "R72: other tags are TAG_INVALID",
        arguments: [
            ".a", "-a", "a:b", "a@b", "a/b", "a+b", String(repeating: "t", count: 129),
        ] + hostileTexts)
    func refused(text: String) {
        let error = #expect(throws: RegistryError.self) { try Tag(text) }
        #expect(error?.code == .tagInvalid)
    }

    @Test("text with a colon is a digest or nothing")
    func digests() throws {
        #expect(try Reference(sha256Text) == .digest(Digest(sha256Text)))
        let error = #expect(throws: RegistryError.self) { try Reference("latest:1") }
        #expect(error?.code == .digestInvalid)
    }

    @Test("tags sort as bytes do")
    func order() throws {
        let tags = try ["b", "a", "B", "1"].map { try Tag($0) }
        #expect(tags.sorted().map(\.description) == ["1", "B", "a", "b"])
    }
}
