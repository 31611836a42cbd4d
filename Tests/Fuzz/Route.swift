// Paths and queries: refused, or read as what they render to again (R72, R74).
import OCI

extension ParserCheck {
    static let paths = ParserCheck(
        name: "paths",
        corpus: [
            "/v2/", "/v2/library/nginx/manifests/latest", "/v2/a/b/c/blobs/\(sha256)",
            "/v2/a/manifests/\(sha512)", "/v2/a/tags/list", "/v2/_catalog",
            "/docker.io/v2/a/referrers/\(sha256)", "/v2/a/blobs/uploads/",
            "/localhost:5000/v2/manifests/manifests/manifests",
        ],
        tokens: [
            "/v2/", "/manifests/", "/blobs/", "/tags/list", "/uploads", "/referrers/", "%3A",
            "sha256:", sha256, "docker.io", "_", "__", "-", ".", "a", "A", ":",
        ]
    ) { bytes in
        do {
            guard let route = try RegistryRoute(path: String(decoding: bytes, as: UTF8.self))
            else { return }
            let path = route.path
            try require(try RegistryRoute(path: path) == route, "\(path) is another route")
            let segments = path.split(separator: "/")
            try require(
                !path.contains("//") && !segments.contains(".") && !segments.contains(".."),
                "\(path) climbs")
            try require(
                path.utf8.allSatisfy { "/._:-".utf8.contains($0) || isAlphanumeric($0) },
                "\(path) has other characters")
        } catch let error as RegistryError {
            try require([400, 404, 405].contains(error.status), "status \(error.status)")
            try requirePlain(error.message)
        }
    }

    static let queries = ParserCheck(
        name: "queries",
        corpus: ["n=5&last=a%20b", "ns=docker.io&x"],
        tokens: ["=", "&", "%", "%4", "%C3%A9", "+", "ns=", "n="]
    ) { bytes in
        let items = PercentEncoding.items(in: String(decoding: bytes, as: UTF8.self))
        let again = PercentEncoding.items(in: PercentEncoding.query(items) ?? "")
        try require(
            items.elementsEqual(again) { $0.name == $1.name && $0.value == $1.value },
            "\(items) became \(again)")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
