// Mutated paths, digests and ranges: refused, or read as what they render to again (R72, R74).
import OCI
import TestKit
import Testing

@Suite("Mutated names", .timeLimit(.minutes(10)))
struct NameMutationTests {
    private static let sha256 = "sha256:" + String(repeating: "0a", count: 32)
    private static let sha512 = "sha512:" + String(repeating: "f9", count: 64)

    private func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        try MutationRun.require(condition, reason())
    }

    private func expectPlain(_ message: String) throws {
        try require(
            message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f },
            "a message with control characters")
    }

    @Test("paths: what is refused is a 400, a 404 or a 405; what is read has one rendering")
    func paths() async throws {
        let failure = try await MutationRun.firstFailure(
            "paths",
            corpus: [
                "/v2/", "/v2/library/nginx/manifests/latest", "/v2/a/b/c/blobs/\(Self.sha256)",
                "/v2/a/manifests/\(Self.sha512)", "/v2/a/tags/list", "/v2/_catalog",
                "/docker.io/v2/a/referrers/\(Self.sha256)", "/v2/a/blobs/uploads/",
                "/localhost:5000/v2/manifests/manifests/manifests",
            ],
            tokens: [
                "/v2/", "/manifests/", "/blobs/", "/tags/list", "/uploads", "/referrers/", "%3A",
                "sha256:", Self.sha256, "docker.io", "_", "__", "-", ".", "a", "A", ":",
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
                try expectPlain(error.message)
            }
        }
        #expect(failure == nil)
    }

    @Test("digests: what is read is the very text, of hexadecimal digits alone")
    func digests() async throws {
        let failure = try await MutationRun.firstFailure(
            "digests", corpus: [Self.sha256, Self.sha512, "md5:00"],
            tokens: ["sha256:", "sha512:", "SHA256:", ":", "0", "A", "f"]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                let digest = try Digest(text)
                try require(digest.description.utf8.elementsEqual(text.utf8), "read as \(digest)")
                try require(
                    digest.hex.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
                        && digest.hex.utf8.count == digest.algorithm.byteCount * 2,
                    "\(digest.hex) is no file name")
            } catch let error as RegistryError {
                try require(error.code == .digestInvalid, "\(error.code)")
                try expectPlain(error.message)
            }
        }
        #expect(failure == nil)
    }

    @Test("ranges: no part is outside of the content, all together are no more than it")
    func ranges() async throws {
        let failure = try await MutationRun.firstFailure(
            "ranges",
            corpus: ["bytes=0-", "bytes=0-499", "bytes=-500", "bytes=0-0, 5-9,-1", "bytes=5-4"],
            tokens: ["bytes=", "-", ",", "0-0,", "1-,", "-1,", "=", "10-19"]
        ) { bytes in
            guard let header = RangeHeader(String(decoding: bytes, as: UTF8.self)) else { return }
            let rendered = "bytes=" + header.specs.map(Self.text).joined(separator: ",")
            try require(RangeHeader(rendered) == header, "\(rendered) is another header")
            for size: Int64 in [0, 1, 500, .max] {
                guard case .parts(let parts) = header.resolve(size: size) else { continue }
                try require(
                    parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= size },
                    "\(parts) of \(size)")
                let total = parts.reduce(into: Int128(0)) { $0 += Int128($1.count) }
                try require(total <= Int128(size), "\(total) of \(size)")
            }
        }
        #expect(failure == nil)
    }

    @Test("content ranges and queries: what is read has one rendering")
    func contentRanges() async throws {
        let failure = try await MutationRun.firstFailure(
            "content ranges and queries",
            corpus: ["bytes 0-9/100", "bytes 0-9/*", "n=5&last=a%20b", "ns=docker.io&x"],
            tokens: ["bytes ", "-", "/", "*", "=", "&", "%", "%4", "%C3%A9", "+"]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let range = ContentRange(text) {
                try require(ContentRange(range.description) == range, "\(range) is another")
            }
            let items = PercentEncoding.items(in: text)
            let again = PercentEncoding.items(in: PercentEncoding.query(items) ?? "")
            try require(
                items.elementsEqual(again) { $0.name == $1.name && $0.value == $1.value },
                "\(items) became \(again)")
        }
        #expect(failure == nil)
    }

    private static func text(_ spec: RangeHeader.Spec) -> String {
        switch spec {
        case .from(let first): "\(first)-"
        case .fromTo(let first, let last): "\(first)-\(last)"
        case .suffix(let length): "-\(length)"
        }
    }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
