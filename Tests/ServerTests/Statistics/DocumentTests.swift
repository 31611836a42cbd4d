import CacheStore
import FoundationEssentials
import Testing

@testable import Server

struct DocumentTests {
    private func text(_ document: some Encodable) throws -> String {
        String(decoding: try JSONDocument.encode(document), as: UTF8.self)
    }

    @Test("Names are in snake case, sorted, and end in their unit")
    func names() throws {
        let document = EvictDocument(
            objects: 2, freedBytes: 9_007_199_254_740_993, heldBytes: 0, isComplete: true,
            items: [])
        #expect(
            try text(document)
                == #"{"freed_bytes":9007199254740993,"held_bytes":0,"is_complete":true,"#
                + #""items":[],"objects":2}"#)
    }

    @Test("What is not known is null, not left out")
    func nulls() throws {
        let page = PageDocument(items: [1], limit: 1, offset: 0, nextOffset: nil)
        #expect(
            try text(page) == #"{"items":[1],"limit":1,"next_offset":null,"offset":0}"#)
        let rates = try text(TrafficDocument(Traffic()))
        #expect(rates.contains(#""byte_hit_rate":null"#))
        #expect(rates.contains(#""hit_rate":null"#))
    }

    @Test("An error without a parameter leaves the member out")
    func error() throws {
        #expect(try text(ErrorDocument("no")) == #"{"error":{"message":"no"}}"#)
        #expect(
            try text(ErrorDocument("no", parameter: "limit"))
                == #"{"error":{"message":"no","parameter":"limit"}}"#)
    }

    @Test("Documents come back as they were written", arguments: [nil, Timestamp(1_700_000_000)])
    func roundTrip(time: Timestamp?) throws {
        let status = UpstreamDocument.Status(
            state: .failing, sinceAt: time, lastSuccessAt: nil, lastFailureAt: time,
            lastFailure: "timed_out")
        let document = UpstreamDocument(
            name: "docker.io", traffic: TrafficDocument(Traffic()), objects: 3, storedBytes: 4096,
            maxBytes: nil, status: status, isOffline: true,
            endpoints: [
                .init(
                    url: "https://a.example", resolves: false, state: .up, sinceAt: time,
                    lastFailure: nil, suspendedSeconds: nil)
            ], tokens: 1, redirectsHandedOver: 2,
            rateLimit: .init(
                limit: 100, remaining: 98, windowSeconds: 21_600, seenAt: Timestamp(1)),
            credentials: [.init(name: "team", rateLimit: nil, resumesAt: time)])
        let bytes = try JSONDocument.encode(document)
        #expect(try JSONDocument.decode(from: bytes) == document)
    }

    @Test("Members that are not known are passed over")
    func unknownMembers() throws {
        let json = #"{"pattern":"docker.io/library/*","changed":true,"novel":[1]}"#
        let document = try JSONDocument.decode(PinChangeDocument.self, from: json.utf8)
        #expect(document.changed)
    }
}

struct TimestampTests {
    @Test("Unix seconds are written as RFC 3339 in UTC")
    func written() {
        #expect(Timestamp(0).description == "1970-01-01T00:00:00Z")
        #expect(Timestamp(1_709_210_096).description == "2024-02-29T12:34:56Z")
    }

    @Test(
        "RFC 3339 of any offset and precision is read",
        arguments: [
            ("2024-02-29T12:34:56Z", 1_709_210_096), ("2024-02-29T14:34:56+02:00", 1_709_210_096),
            ("2024-02-29T12:34:56.999Z", 1_709_210_096),
            ("2024-02-29T04:34:56.5-08:00", 1_709_210_096),
        ] as [(String, Int64)])
    func read(text: String, seconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds))
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "now", "2024-02-30T00:00:00Z", "2024-02-29", "2024-02-29T12:34:56", "1709210096",
            "2024-02-29T12:34:56Zx", "2024-02-29T12:34:56.Z", "2024-02-29T12:34:56+2:00",
            "2024-02-29T24:00:01Z", "2024-02-29 12:34:56Z", "2024-02-29T12:34:56+0200",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
