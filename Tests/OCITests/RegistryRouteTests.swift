// RegistryRouteTests: paths of the registry API, read and rendered.

import OCI
import TestKit
import Testing

@Suite struct RegistryRouteTests {
    static func name(_ text: String) throws -> RepositoryName { try RepositoryName(text) }

    @Test(
        "base paths, with and without slash and prefix",
        arguments: [
            ("/v2", nil), ("/v2/", nil), ("/docker.io/v2", "docker.io"),
            ("/docker.io/v2/", "docker.io"),
            ("/localhost/v2/", "localhost"), ("/lab.local:5000/v2/", "lab.local:5000"),
            ("/registry:5000/v2/", "registry:5000"), ("/my-lab.local/v2/", "my-lab.local"),
        ] as [(String, String?)])
    func base(path: String, prefix: String?) throws {
        #expect(try RegistryRoute(path: path) == RegistryRoute(prefix: prefix, .base))
    }

    @Test(
        "paths that are not the registry's are none of its business",
        arguments: [
            "", "/", "v2/", "/v1/", "/v2x", "/v22/", "/V2/", "//v2/", "/healthz", "/stats/v2/",
            "/nginx/v2/library/nginx/manifests/1", "/../v2/", "/./v2/", "/..a/v2/", "/a..b/v2/",
            "/.a/v2/", "/a./v2/", "/-a.b/v2/", "/a.-b/v2/", "/a.b%00/v2/", "/a.b\r\n/v2/",
            "/a.b//v2/",
            "/a.b/c.d/v2/", "/%64ocker.io/v2/", "/%76%32/", "/a.b\0/v2/", "/docker.io",
            "/docker.io/",
        ])
    func foreign(path: String) throws {
        #expect(try RegistryRoute(path: path) == nil)
    }

    @Test(
        "every endpoint is read",
        arguments: [
            ("/v2/nginx/manifests/latest", .manifest(try name("nginx"), try Reference("latest"))),
            (
                "/v2/library/nginx/manifests/\(sha256Text)",
                .manifest(try name("library/nginx"), try Reference(sha256Text))
            ),
            ("/v2/a/blobs/\(sha256Text)", .blob(try name("a"), try Digest(sha256Text))),
            ("/v2/a/blobs/\(sha512Text)", .blob(try name("a"), try Digest(sha512Text))),
            ("/v2/a/tags/list", .tags(try name("a"))),
            ("/v2/a/referrers/\(sha256Text)", .referrers(try name("a"), try Digest(sha256Text))),
            ("/v2/a/blobs/uploads", .uploads(try name("a"))),
            ("/v2/a/blobs/uploads/", .uploads(try name("a"))),
            ("/v2/a/blobs/uploads/3f2a-17", .uploads(try name("a"))),
            ("/v2/_catalog", .catalog),
        ] as [(String, RegistryRoute.Endpoint)])
    func endpoints(path: String, expected: RegistryRoute.Endpoint) throws {
        #expect(try RegistryRoute(path: path) == RegistryRoute(expected))
        #expect(
            try RegistryRoute(path: "/docker.io" + path)
                == RegistryRoute(prefix: "docker.io", expected))
    }

    @Test(
        "names may hold the words of the API: the path is read from its end",
        arguments: [
            (
                "/v2/manifests/manifests/manifests",
                .manifest(try name("manifests"), try Reference("manifests"))
            ),
            (
                "/v2/a/manifests/b/manifests/c",
                .manifest(try name("a/manifests/b"), try Reference("c"))
            ),
            ("/v2/a/tags/manifests/list", .manifest(try name("a/tags"), try Reference("list"))),
            ("/v2/a/manifests/tags/list", .tags(try name("a/manifests"))),
            ("/v2/tags/list/tags/list", .tags(try name("tags/list"))),
            (
                "/v2/a/blobs/uploads/manifests/x",
                .manifest(try name("a/blobs/uploads"), try Reference("x"))
            ),
            ("/v2/a/blobs/uploads/tags/list", .tags(try name("a/blobs/uploads"))),
            (
                "/v2/blobs/uploads/blobs/\(sha256Text)",
                .blob(try name("blobs/uploads"), try Digest(sha256Text))
            ),
            ("/v2/blobs/blobs/uploads/", .uploads(try name("blobs"))),
            ("/v2/v2/v2/tags/list", .tags(try name("v2/v2"))),
        ] as [(String, RegistryRoute.Endpoint)])
    func fromTheRight(path: String, expected: RegistryRoute.Endpoint) throws {
        #expect(try RegistryRoute(path: path) == RegistryRoute(expected))
    }

    @Test("only %3A is decoded, and only in a reference or digest", arguments: ["%3A", "%3a"])
    func colon(escape: String) throws {
        let digest = try Digest(sha256Text)
        let name = try RepositoryName("a")
        let text = "sha256\(escape)\(sha256Hex)"
        #expect(try RegistryRoute(path: "/v2/a/blobs/\(text)")?.endpoint == .blob(name, digest))
        #expect(
            try RegistryRoute(path: "/v2/a/manifests/\(text)")?.endpoint
                == .manifest(name, .digest(digest)))
        #expect(
            try RegistryRoute(path: "/v2/a/referrers/\(text)")?.endpoint
                == .referrers(name, digest))
        for path in ["/v2/a\(escape)5000/b/tags/list", "/v2/a/blobs/sha256\(escape)\(escape)00"] {
            #expect(throws: RegistryError.self) { try RegistryRoute(path: path) }
        }
    }

    @Test(
        "R72: hostile names are NAME_INVALID on every endpoint",
        arguments: hostileTexts + [
            "A", "a..b", String(repeating: "a", count: 300), "..%2f..", "%252e", "a:b",
        ])
    func hostileNames(name: String) {
        for tail in ["manifests/x", "blobs/\(sha256Text)", "tags/list", "referrers/\(sha256Text)"] {
            let error = #expect(throws: RegistryError.self) {
                try RegistryRoute(path: "/v2/\(name)/\(tail)")
            }
            #expect(error?.code == .nameInvalid && error?.status == 400)
        }
    }

    @Test(
        "R72: hostile references and digests are refused",
        arguments: hostileTexts + [
            ".a", "md5:00", "sha256:zz", "sha256%3Azz", "latest%2F..", "sha256%00" + sha256Hex,
            String(repeating: "t", count: 129),
        ])
    func hostileReferences(text: String) {
        let codes: [RegistryError.Code] = [
            .manifestUnknown, .nameInvalid, .digestInvalid, .unsupported,
        ]
        for kind in ["manifests", "blobs", "referrers"] {
            let error = #expect(throws: RegistryError.self) {
                try RegistryRoute(path: "/v2/a/\(kind)/\(text)")
            }
            #expect(
                error.map { codes.contains($0.code) && [400, 404].contains($0.status) } == true)
        }
    }

    @Test(
        "the code fits what is wrong",
        arguments: [
            ("/v2/a/manifests/.INVALID_MANIFEST_NAME", .manifestUnknown, 404),
            ("/v2/a/manifests/", .manifestUnknown, 404),
            ("/v2/a/manifests/md5:00", .digestInvalid, 400),
            ("/v2/a/blobs/latest", .digestInvalid, 400), ("/v2/a/blobs/", .digestInvalid, 400),
            ("/v2/manifests/latest", .nameInvalid, 400), ("/v2/blobs/uploads/", .nameInvalid, 400),
            ("/v2//manifests/latest", .nameInvalid, 400),
            ("/v2/a", .unsupported, 404), ("/v2/a/b", .unsupported, 404),
            ("/v2/a/tags", .unsupported, 404), ("/v2/a/tags/list/", .unsupported, 404),
            ("/v2//", .unsupported, 404), ("/v2/_catalog/", .unsupported, 404),
            ("/v2/a/uploads/b", .unsupported, 404),
        ] as [(String, RegistryError.Code, Int)])
    func codes(path: String, code: RegistryError.Code, status: Int) {
        let error = #expect(throws: RegistryError.self) { try RegistryRoute(path: path) }
        #expect(error?.code == code)
        #expect(error?.status == status)
    }

    @Test("R74: messages about paths hold no control characters", arguments: hostileTexts)
    func messages(text: String) {
        let error = #expect(throws: RegistryError.self) {
            try RegistryRoute(path: "/v2/x\(text)/y\(text)")
        }
        #expect(error?.message.utf8.contains { $0 < 0x20 || $0 == 0x7f } == false)
    }

    @Test("parsing a rendered route gives the same route")
    func property() throws {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let name = try generator.repositoryName()
            let endpoint: RegistryRoute.Endpoint = generator.element(of: [
                .base, .catalog, .tags(name), .uploads(name), .blob(name, generator.digest()),
                .referrers(name, generator.digest()),
                .manifest(name, .digest(generator.digest())),
                .manifest(name, .tag(try generator.tag())),
            ])
            let prefix = generator.element(of: [
                nil, "docker.io", "Quay.io", "localhost", "a-b:5000",
            ])
            let route = RegistryRoute(prefix: prefix, endpoint)
            #expect(try RegistryRoute(path: route.path) == route)
        }
    }
}
