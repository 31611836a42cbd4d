// Blobs of a scripted registry: whole, in ranges, and broken.
import NIOCore
import OCI
import TestKit
import Testing
import Upstream

@Suite("Upstream blobs", .timeLimit(.minutes(1)))
struct BlobTests {
    let content = SeededBytes.make(count: 3_000_000, seed: 7)

    private func withBlob(
        _ body: (ScriptedRegistry, Digest) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { registry in
            let digest = registry.add(repository: repository, blob: content)
            try await body(registry, digest)
        }
    }

    @Test("a whole blob comes with its length")
    func whole() async throws {
        try await withBlob { registry, digest in
            try await withClient(of: registry) { client in
                let response = try await client.blob(try name(), digest)
                #expect(response.kind == .whole(length: Int64(content.count)))
                #expect(try await response.bytes() == content)
            }
        }
    }

    @Test(
        "a blob without announced length is whole at its end",
        arguments: [Fault.chunked, .untilClose])
    func unknownLength(fault: Fault) async throws {
        try await withBlob { registry, digest in
            registry.inject(fault, on: .init("GET"))
            try await withClient(of: registry) { client in
                let response = try await client.blob(try name(), digest)
                #expect(response.kind == .whole(length: nil))
                #expect(try await response.bytes() == content)
            }
        }
    }

    static let ranges: [(RequestedRange, Range<Int64>)] = [
        (RequestedRange(start: 0, end: 1), 0..<1),
        (RequestedRange(start: 1_000_000), 1_000_000..<3_000_000),
        (RequestedRange(start: 10, end: 20), 10..<20),
        (RequestedRange(start: 2_999_999, end: 9_000_000), 2_999_999..<3_000_000),
    ]

    @Test("a range is answered by exactly that range", arguments: ranges)
    func range(requested: RequestedRange, expected: Range<Int64>) async throws {
        try await withBlob { registry, digest in
            try await withClient(of: registry) { client in
                let response = try await client.blob(
                    try name(), digest, range: requested, total: 3_000_000)
                #expect(
                    response.kind == .partial(ContentRange(range: expected, total: 3_000_000)))
                let slice = content[Int(expected.lowerBound)..<Int(expected.upperBound)]
                #expect(try await response.bytes() == Array(slice))
            }
        }
    }

    static let rangeFaults: [(Fault, UpstreamError.Kind)] = [
        (.setHeader("Content-Range", "bytes 0-9/3000000"), .malformed),
        (.setHeader("Content-Range", "bytes 5-2999999/4000000"), .malformed),
        (.setHeader("Content-Range", "bytes 5-9/3000000"), .malformed),
        (.setHeader("Content-Range", "bytes 4-2999999/3000000"), .malformed),
        (.setHeader("Content-Range", "rubbish"), .malformed),
        (.removeHeader("Content-Range"), .malformed),
        (.respond(status: 400), .status(400)),
        (.respond(status: 416), .status(416)),
    ]

    @Test("a range that was not asked for is refused (R56)", arguments: rangeFaults)
    func refusesWrongRanges(fault: Fault, expected: UpstreamError.Kind) async throws {
        try await withBlob { registry, digest in
            registry.inject(fault, on: .init("GET", hasRange: true))
            let kind = try await withClient(of: registry) { client in
                try await errorKind {
                    try await client.blob(
                        try name(), digest, range: RequestedRange(start: 5), total: 3_000_000)
                }
            }
            #expect(kind == expected)
        }
    }

    @Test("an upstream that ignores Range is told apart from one that obeys (R56)")
    func ignoredRange() async throws {
        try await withBlob { registry, digest in
            registry.inject(.ignoreRange, on: .init("GET"))
            try await withClient(of: registry) { client in
                let response = try await client.blob(
                    try name(), digest, range: RequestedRange(start: 5))
                #expect(response.kind == .whole(length: Int64(content.count)))
            }
        }
    }

    static let truncations: [[Fault]] = [
        [.truncate(after: 1_000_000)], [.truncate(after: 1_000_000), .chunked],
        [.misstateLength(by: 100)],
    ]

    @Test("a body that ends early throws, after the bytes there were (R2)", arguments: truncations)
    func truncated(faults: [Fault]) async throws {
        try await withBlob { registry, digest in
            for fault in faults { registry.inject(fault, on: .init("GET")) }
            try await withClient(of: registry) { client in
                let response = try await client.blob(try name(), digest)
                var received: [UInt8] = []
                let kind = try await errorKind {
                    for try await chunk in response.body {
                        received.append(contentsOf: chunk.readableBytesView)
                    }
                }
                #expect(kind == .truncated)
                #expect(content.starts(with: received))
                #expect(received.count >= 1_000_000)
            }
        }
    }

    @Test("an encoded blob is refused (R8)")
    func refusesEncoding() async throws {
        try await withBlob { registry, digest in
            registry.inject(.setHeader("Content-Encoding", "gzip"), on: .init("GET"))
            let kind = try await withClient(of: registry) { client in
                try await errorKind { try await client.blob(try name(), digest) }
            }
            #expect(kind == .malformed)
        }
    }

    @Test("HEAD alone gives the size")
    func head() async throws {
        try await withBlob { registry, digest in
            let head = try await withClient(of: registry) {
                try await $0.headBlob(try name(), digest)
            }
            #expect(head.size == Int64(content.count))
            #expect(registry.requests.all.map(\.method) == ["HEAD"])
        }
    }

    static let headFaults: [[Fault]] = [
        [.respond(status: 404)], [.respond(status: 405)], [.setHeader("Content-Length", "0")],
        [.chunked],
    ]

    @Test(
        "where HEAD fails, GET of the first byte tells the size", arguments: headFaults,
        [false, true])
    func headFallsBack(faults: [Fault], ignoresRange: Bool) async throws {
        try await withBlob { registry, digest in
            for fault in faults { registry.inject(fault, on: .init("HEAD")) }
            if ignoresRange { registry.inject(.ignoreRange, on: .init("GET")) }
            let head = try await withClient(of: registry) {
                try await $0.headBlob(try name(), digest)
            }
            #expect(head.size == Int64(content.count))
            #expect(registry.requests.all.map { $0.header("range") } == [nil, "bytes=0-0"])
        }
    }

    @Test("an empty blob has the size 0, an absent one none")
    func headOfEmptyAndAbsent() async throws {
        try await withBlob { registry, _ in
            let empty = registry.add(repository: repository, blob: [])
            try await withClient(of: registry) { client in
                #expect(try await client.headBlob(try name(), empty).size == 0)
                let kind = try await errorKind {
                    try await client.headBlob(try name(), .sha256(of: [1]))
                }
                #expect(kind == .status(404))
            }
        }
    }
}
