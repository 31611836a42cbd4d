/// The line that each request leaves in the log.
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("Access log")
struct AccessLogTests {
    private func line(
        _ path: String, resolved: Bool, outcome: CacheOutcome?, isComplete: Bool = true
    ) throws -> [String: String] {
        let log = RecordedLog()
        let request = Request(
            head: HTTPRequest(method: .get, scheme: "http", authority: "cache.lan", path: path),
            body: RequestBody(buffer: ByteBuffer()))
        var entry = AccessEntry(request, target: RequestTarget(path), client: "192.0.2.7")
        if resolved {
            let key = RepositoryKey(
                upstream: "docker.io", repository: try RepositoryName("library/app"))
            let route = try #require(try RegistryRoute(path: RequestTarget(path).path))
            entry.asked = AskedContent(key, route.endpoint)
        }
        AccessLog(logger: log.logger).write(
            entry, status: 200, bytes: 42, isComplete: isComplete, outcome: outcome,
            upstreamCalls: 2)
        #expect(log.lines.count == 1)
        return try #require(log.lines.first).metadata
    }

    @Test("a pull tells client, upstream, repository, reference, bytes, outcome and upstream calls")
    func pull() throws {
        let line = try line("/v2/library/app/manifests/1", resolved: true, outcome: .hit)
        let expected = [
            "client": "192.0.2.7", "method": "GET", "status": "200", "bytes": "42",
            "upstream_calls": "2", "upstream": "docker.io", "repository": "library/app",
            "reference": "1", "cache": "hit",
        ]
        #expect(line.filter { $0.key != "duration_ms" } == expected)
        #expect(line["duration_ms"].flatMap(Double.init) != nil)
    }

    @Test("what belongs to no repository tells its path, without the query")
    func page() throws {
        let line = try line("/stats?token=secret", resolved: false, outcome: nil)
        #expect(line["path"] == "/stats")
        #expect(!line.values.contains { $0.contains("secret") })
    }

    @Test("a body that broke off is marked")
    func aborted() throws {
        let line = try line(
            "/v2/library/app/manifests/1", resolved: true, outcome: .coalesced, isComplete: false)
        #expect(line["aborted"] == "true")
        #expect(line["cache"] == "coalesced")
    }
}
