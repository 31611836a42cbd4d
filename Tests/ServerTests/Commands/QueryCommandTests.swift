// stats, ls, show and pins against a server that speaks the contract.
import CacheStore
import OCI
import TestKit
import Testing

@testable import Server

struct QueryCommandTests {
    private typealias Fixture = CommandFixture

    private static func json(_ document: some Encodable) throws -> ScriptedServer.Answer {
        .init(String(decoding: try JSONDocument.encode(document), as: UTF8.self))
    }

    private static func image(_ name: String, pulls: Int64 = 3) -> ImageDocument {
        ImageDocument(
            upstream: "docker.io", repository: "library/\(name)", reference: "1",
            digest: "sha256:\(String(repeating: "a", count: 64))",
            mediaType: "application/vnd.oci.image.index.v1+json", sizeBytes: 3_145_728,
            pulls: pulls, servedBytes: 9_437_184, lastAccessAt: Timestamp(Fixture.now - 7200))
    }

    private static let totals = """
        {"version":"9.9.9","since_at":"\(Fixture.timestamp(864_000))","uptime_seconds":7200,
        "traffic":\(traffic),"cache":{"used_bytes":1073741824,"stored_bytes":1072693248,
        "reserved_bytes":1048576,"held_bytes":0,"max_bytes":4294967296,"free_bytes":2147483648,
        "objects":1200,"manifests":30,"images":25,"pins_exceed_budget":true},
        "fills_in_flight":1,"evictions":{"objects":12,"bytes":2048},"novel":[0.1],"upstreams":[
        {"name":"docker.io","traffic":\(traffic),"objects":1200,"stored_bytes":1072693248,
        "max_bytes":2147483648,"status":{"state":"failing","since_at":null,"last_success_at":null,
        "last_failure_at":"\(Fixture.timestamp(60))","last_failure":"timed_out"},"is_offline":false,
        "endpoints":[],"tokens":1,
        "redirects_handed_over":0,
        "rate_limit":{"limit":100,"remaining":7,"window_seconds":null,
        "seen_at":"\(Fixture.timestamp(1))"},"credentials":[]},
        {"name":"quay.io","traffic":\(traffic.replacing("2000", with: "0")),"objects":0,
        "stored_bytes":0,"max_bytes":null,"status":{"state":"unknown","since_at":null,
        "last_success_at":null,"last_failure_at":null,"last_failure":null},"is_offline":false,
        "endpoints":[],"tokens":0,
        "redirects_handed_over":0,
        "rate_limit":null,"credentials":[]}]}
        """

    private static let traffic = """
        {"requests":2000,"hits":1800,"misses":200,"coalesced":0,"stale":0,"heads":0,"pulls":40,
        "errors":0,"served_bytes":10485760,"hit_bytes":9437184,"fetched_bytes":1048576,
        "saved_bytes":9437184,"hit_rate":0.9,"byte_hit_rate":0.95}
        """

    @Test("stats shows totals, and the upstreams that were asked")
    func stats() async throws {
        try await ScriptedServer.with(["GET /stats": [.init(Self.totals)]]) { server in
            let run = try await Fixture.run(
                StatsCommand.self, ["--server", server.url], width: 110)
            #expect(run.status == .done)
            let text = run.output
            #expect(text.contains("larder 9.9.9, up 2 h, counting for 10 d"))
            #expect(text.contains("1.0 GiB of 4.0 GiB used (25.0%), 2.0 GiB free on the disk"))
            #expect(text.contains("25 images, 30 manifests, 1,200 objects; 1.0 MiB reserved"))
            #expect(text.contains("2,000: 1,800 hits, 200 misses\n"))
            #expect(text.contains("90.0% of requests, 95.0% of bytes"))
            #expect(text.contains("more than the budget"))
            #expect(text.contains("failing (timed_out), 60 s ago  7/100"))
            #expect(text.contains("1023.0 MiB of 2.0 GiB"))
            #expect(!text.contains("quay.io"))
            #expect(run.lines.allSatisfy { $0.count <= 110 })
        }
    }

    @Test("--json prints what the server said, also what is not known here")
    func json() async throws {
        try await ScriptedServer.with(["GET /stats": [.init(Self.totals)]]) { server in
            let run = try await Fixture.run(StatsCommand.self, ["--server", server.url, "--json"])
            #expect(run.status == .done)
            let printed = try JSONValue(parsing: Array(run.output.utf8))
            #expect(printed == (try JSONValue(parsing: Array(Self.totals.utf8))))
            #expect(run.output.contains("\n  \"cache\" : {\n    \"free_bytes\" : 2147483648,"))
            #expect(run.output.contains("\"uptime_seconds\" : 7200"))
        }
    }

    @Test("Each list of stats is asked for and shown", arguments: StatsCommand.Topic.allCases)
    func topics(topic: StatsCommand.Topic) async throws {
        let empty = #"{"items":[],"limit":20,"offset":0,"next_offset":null}"#
        try await ScriptedServer.with(["GET /stats/\(topic.rawValue)": [.init(empty)]]) { server in
            let run = try await Fixture.run(
                StatsCommand.self, [topic.rawValue, "--server", server.url])
            #expect(run.status == .done)
            #expect(run.lines.count == 1)
            #expect(server.requests.map(\.target) == ["/stats/\(topic.rawValue)?limit=20&offset=0"])
        }
    }

    @Test("ls lists images and says what it asks for")
    func list() async throws {
        let page = PageDocument(
            items: [Self.image("alpine", pulls: 1234)], limit: 1000, offset: 0, nextOffset: nil)
        try await ScriptedServer.with(["GET /stats/images": [try Self.json(page)]]) { server in
            let run = try await Fixture.run(
                ListCommand.self,
                ["alpine:*", "--sort", "size", "--reverse", "--server", server.url])
            #expect(
                run.lines == [
                    "IMAGE                       DIGEST                  SIZE  PULLS   SERVED  "
                        + "LAST ACCESS",
                    "docker.io/library/alpine:1  sha256:aaaaaaaaaaaa  3.0 MiB  1,234  9.0 MiB  "
                        + "2 h ago",
                ])
            #expect(
                server.requests.map(\.target) == [
                    "/stats/images?sort=size&order=asc&pattern=%2A%2A%2Falpine%3A%2A"
                        + "&limit=1000&offset=0"
                ])
        }
    }

    @Test("ls takes all pages up to its limit, as one list")
    func pages() async throws {
        let first = PageDocument(
            items: (0..<1000).map { Self.image("a\($0)") }, limit: 1000, offset: 0,
            nextOffset: 1000)
        let second = PageDocument(
            items: [Self.image("b")], limit: 1, offset: 1000, nextOffset: 1001)
        let answers = ["GET /stats/images": [try Self.json(first), try Self.json(second)]]
        try await ScriptedServer.with(answers) { server in
            let run = try await Fixture.run(
                ListCommand.self, ["--limit", "1001", "--json", "--server", server.url])
            let printed = try JSONValue(parsing: Array(run.output.utf8))
            guard case .array(let items)? = printed["items"] else {
                return #expect(Bool(false), "no items")
            }
            #expect(items.count == 1001)
            #expect(items.last?["repository"] == .string("library/b"))
            #expect(printed["next_offset"] == .integer(1001))
            #expect(server.requests[1].target.hasSuffix("&limit=1&offset=1000"))
            #expect(run.diagnostics == "there is more: --limit 10010\n")
        }
    }

    @Test("show prints tags, platforms, layers, what is cached and shared")
    func show() async throws {
        try await ScriptedServer.with(["GET /stats/image": [.init(Self.detail)]]) { server in
            let run = try await Fixture.run(
                ShowCommand.self, ["alpine", "--server", server.url], width: 90)
            #expect(run.status == .done)
            #expect(server.requests.map(\.target) == ["/stats/image?name=docker.io%2Falpine"])
            #expect(
                run.output == """
                    image   docker.io/library/alpine:latest
                    digest  sha256:1
                    type    application/vnd.oci.image.index.v1+json
                    tags    3 (verified 2 min ago), latest (verified 2 min ago)
                    size    2.0 KiB, 1.0 KiB of it on the disk
                    pulls   12, last used 2 h ago
                    pinned  by docker.io/library/*

                    linux/amd64  sha256:2  1.0 KiB  last used 2 h ago
                      KIND    DIGEST       SIZE  CACHED  SHARED WITH   HITS  LAST ACCESS
                      config  sha256:3    100 B  yes               -      4  2 h ago
                      layer   sha256:4  1.0 KiB  no               12  1,000  -

                    linux/arm64  sha256:5  1.0 KiB  not cached

                    """)
        }
    }

    private static let detail = """
        {"name":"docker.io/library/alpine:latest","digest":"sha256:1",
        "media_type":"application/vnd.oci.image.index.v1+json","pinned_by":"docker.io/library/*",
        "tags":[{"name":"3","verified_at":"\(Fixture.timestamp(120))"},
        {"name":"latest","verified_at":"\(Fixture.timestamp(120))"}],
        "size_bytes":2048,"cached_bytes":1024,"pulls":12,
        "last_access_at":"\(Fixture.timestamp(7200))","manifests":[
        {"digest":"sha256:2","platform":"linux/amd64","media_type":"m","size_bytes":1024,
        "is_cached":true,"last_access_at":"\(Fixture.timestamp(7200))","blobs":[
        {"digest":"sha256:3","kind":"config","size_bytes":100,"is_cached":true,"hits":4,
        "last_access_at":"\(Fixture.timestamp(7200))","shared_with":0},
        {"digest":"sha256:4","kind":"layer","size_bytes":1024,"is_cached":false,"hits":1000,
        "last_access_at":null,"shared_with":12}]},
        {"digest":"sha256:5","platform":"linux/arm64","media_type":"m","size_bytes":1024,
        "is_cached":false,"last_access_at":null,"blobs":[]}]}
        """

    @Test("pins lists patterns and where they come from")
    func pins() async throws {
        let pins = PinsDocument(items: [
            PinDocument(pattern: "docker.io/**", source: .configuration),
            PinDocument(pattern: "quay.io/a", source: .runtime),
        ])
        try await ScriptedServer.with(["GET /admin/v1/pins": [try Self.json(pins)]]) { server in
            let run = try await Fixture.run(PinsCommand.self, ["--server", server.url])
            #expect(
                run.lines == [
                    "PATTERN       SOURCE", "docker.io/**  configuration", "quay.io/a     runtime",
                ])
        }
    }
}
