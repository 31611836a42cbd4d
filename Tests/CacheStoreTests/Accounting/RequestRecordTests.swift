/// What a request counts as (docs/budget.md, "Counting").
import OCI
import Testing

@testable import CacheStore

struct RequestRecordTests {
    private func record(
        _ subject: RequestRecord.Subject, _ result: RequestRecord.Result = .hit,
        status: Int = 200, isHead: Bool = false, startsAtZero: Bool = true, bytes: Int64 = 100
    ) throws -> RequestRecord {
        RequestRecord(
            client: "10.0.0.1",
            repository: RepositoryKey(
                upstream: "docker.io", repository: try RepositoryName("library/app")),
            subject: subject, isHead: isHead, startsAtZero: startsAtZero, status: status,
            result: result, bytes: bytes)
    }

    /// Columns that are not 0, without the request itself.
    private func columns(_ record: RequestRecord) -> [String: Int64] {
        let traffic = record.traffic
        #expect(traffic.requests == 1)
        let pairs = Traffic.columns.map { ($0.name, traffic[keyPath: $0.path]) }
        return Dictionary(uniqueKeysWithValues: pairs.filter { $1 != 0 && $0 != "requests" })
    }

    @Test(
        "GET of a blob from its first byte is one of hit, miss, coalesced and stale",
        arguments: [
            (.hit, ["hits": 1, "bytes_served": 100, "bytes_hit": 100]),
            (.miss, ["misses": 1, "bytes_served": 100]),
            (.coalesced, ["coalesced": 1, "bytes_served": 100]),
            (.stale, ["stale": 1, "bytes_served": 100, "bytes_hit": 100]),
        ] as [(RequestRecord.Result, [String: Int64])])
    func results(result: RequestRecord.Result, expected: [String: Int64]) throws {
        #expect(try columns(record(.blob(numbered(1)), result)) == expected)
        #expect(try columns(record(.blob(numbered(1)), result, status: 206)) == expected)
    }

    @Test("GET of a manifest answered 200 is a pull besides, by tag and by digest")
    func pulls() throws {
        let expected: [String: Int64] = [
            "hits": 1, "pulls": 1, "bytes_served": 100, "bytes_hit": 100,
        ]
        #expect(try columns(record(.manifest(numbered(1), tag: Tag("1")))) == expected)
        #expect(try columns(record(.manifest(numbered(1), tag: nil))) == expected)
    }

    @Test("304 is a hit of 0 bytes and no pull")
    func notModified() throws {
        let found = try columns(record(.manifest(numbered(1), tag: nil), status: 304, bytes: 0))
        #expect(found == ["hits": 1])
    }

    @Test("HEAD is a head and nothing else", arguments: [RequestRecord.Result.hit, .miss, .stale])
    func heads(result: RequestRecord.Result) throws {
        let manifest = RequestRecord.Subject.manifest(numbered(1), tag: try Tag("1"))
        for subject in [manifest, .blob(numbered(1))] {
            #expect(try columns(record(subject, result, isHead: true, bytes: 0)) == ["heads": 1])
        }
    }

    @Test("a range that does not start at 0 adds its bytes alone")
    func laterRange() throws {
        let hit = try record(.blob(numbered(1)), status: 206, startsAtZero: false)
        #expect(columns(hit) == ["bytes_served": 100, "bytes_hit": 100])
        let miss = try record(.blob(numbered(1)), .miss, status: 206, startsAtZero: false)
        #expect(columns(miss) == ["bytes_served": 100])
    }

    @Test(
        "500 and more is an error; what the client did wrong is neither that nor a hit",
        arguments: [
            (.error, 503, ["errors": 1, "bytes_served": 100]),
            (.error, 404, ["bytes_served": 100]), (.hit, 416, ["bytes_served": 100]),
        ] as [(RequestRecord.Result, Int, [String: Int64])])
    func errors(result: RequestRecord.Result, status: Int, expected: [String: Int64]) throws {
        #expect(try columns(record(.blob(numbered(1)), result, status: status)) == expected)
    }

    @Test("a HEAD that fails is an error as well")
    func failedHead() throws {
        let failed = try record(.blob(numbered(1)), .error, status: 503, isHead: true, bytes: 0)
        #expect(columns(failed) == ["heads": 1, "errors": 1])
    }

    @Test("a list counts by its bytes alone: it is no content")
    func listings() throws {
        #expect(try columns(record(.listing, .miss)) == ["bytes_served": 100])
    }

    @Test("traffic adds up column by column and divides into rates")
    func sums() throws {
        let hit = try record(.blob(numbered(1))).traffic
        var miss = try record(.blob(numbered(1)), .miss).traffic
        miss.bytesFetched = 150
        let sum = hit + miss
        #expect(sum.requests == 2 && sum.bytesServed == 200 && sum.bytesFetched == 150)
        #expect(sum.hitRate == 0.5 && sum.byteHitRate == 0.5 && sum.bytesSaved == 50)
        #expect(miss.bytesSaved == 0)
        #expect(Traffic().hitRate == nil && Traffic().byteHitRate == nil)
    }
}
