/// What the map of hot objects holds, and what makes it let go.
import CacheStore
import NIOHTTP1
import OCI
import Synchronization
import TestKit
import Testing

@testable import Server

@Suite("Hot objects")
struct HotShardTests {
    private static func name(_ text: String) -> RepositoryName { try! RepositoryName(text) }

    private let app = RepositoryKey(upstream: "lab.local", repository: name("app"))

    private func manifest(
        _ bytes: String, tag: String? = nil, isProven: Bool = true, fresh: Range<Int64>? = nil
    ) throws -> HotObject {
        let digest = Digest.sha256(of: Array(bytes.utf8))
        let reference = try tag.map { Reference.tag(try Tag($0)) } ?? .digest(digest)
        return HotObject(
            AskedContent(app, .manifest(app.repository, reference)), namespace: nil,
            digest: digest, mediaType: "text/plain", content: .manifest(Array(bytes.utf8)),
            basis: HitBasis(isProven: isProven, tag: fresh.map(Self.verified(in:))),
            terms: AccessTerms())
    }

    private static func verified(in fresh: Range<Int64>) -> VerifiedTag {
        VerifiedTag(
            verifiedAt: fresh.lowerBound,
            policy: TagPolicy(
                freshFor: .seconds(fresh.count), staleWhileRevalidate: .zero, staleIfError: .zero,
                isImmutable: false))
    }

    private func request(_ target: String, accept: [String] = []) throws -> HotRequest {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: target,
            headers: HTTPHeaders([("Host", "h")] + accept.map { ("Accept", $0) }))
        return try #require(HotRequest(head))
    }

    private func shard(entries: Int = 100, bytes: Int = 1000, files: Int = 10) -> HotShard {
        HotShard(limits: HotLimits(entries: entries, bytes: bytes, files: files))
    }

    @Test("a spelling is found with the Accept fields it was answered for, and no others")
    func variants() throws {
        var shard = shard()
        let (wide, narrow) = (try manifest("index", tag: "1"), try manifest("image", tag: "1"))
        let key = HotKey(host: "h", target: "/t")
        shard.add(wide, for: key, accept: [])
        shard.add(narrow, for: key, accept: ["a/b", "c/d"])
        #expect(shard.find(try request("/t")) === wide)
        #expect(shard.find(try request("/t", accept: ["a/b", "c/d"])) === narrow)
        #expect(shard.find(try request("/t", accept: ["a/b"])) == nil)
        #expect(shard.find(try request("/other")) == nil)
        let newer = try manifest("newer", tag: "1")
        shard.add(newer, for: key, accept: [])
        #expect(shard.find(try request("/t")) === newer)
        #expect(shard.find(try request("/t", accept: ["a/b", "c/d"])) === narrow)
        for number in 0..<10 { shard.add(wide, for: key, accept: ["\(number)/x"]) }
        #expect(shard.bytes == 4 * wide.bytesInMemory && shard.count == 1)
    }

    @Test("what depends on a digest, a tag or a reference goes with it, and nothing else does")
    func dependencies() throws {
        var shard = shard()
        let tag = try Tag("1")
        let objects = [
            "/tagged": try manifest("a", tag: "1"), "/digest": try manifest("a"),
            "/other": try manifest("b"), "/shared": try manifest("c", isProven: false),
        ]
        func fill() {
            for (target, object) in objects {
                shard.add(object, for: HotKey(host: "h", target: target), accept: [])
            }
        }
        func found() throws -> Set<String> {
            Set(try objects.keys.filter { shard.find(try request($0)) != nil })
        }
        fill()
        shard.drop(.tag(tag, app))
        #expect(try found() == ["/digest", "/other", "/shared"])
        fill()
        shard.drop(.digest(.sha256(of: Array("a".utf8))))
        #expect(try found() == ["/other", "/shared"])
        fill()
        shard.drop(.references)
        #expect(try found() == ["/tagged", "/digest", "/other"])
        shard.dropAll()
        #expect(try found() == [] && shard.bytes == 0)
    }

    @Test("it stays within its limits, and what is used stays longest")
    func limits() throws {
        var shard = shard(entries: 10, bytes: 500)
        let used = try manifest("used")
        let key = HotKey(host: "h", target: "/used")
        shard.add(used, for: key, accept: [])
        for number in 0..<100 {
            let object = try manifest("object \(number)")
            object.isUsed.store(false, ordering: .relaxed)
            used.isUsed.store(true, ordering: .relaxed)
            shard.add(object, for: HotKey(host: "h", target: "/\(number)"), accept: [])
            #expect(shard.count <= 10)
        }
        #expect(shard.find(try request("/used")) === used)
        let large = try manifest(String(repeating: "x", count: 501))
        shard.add(large, for: HotKey(host: "h", target: "/large"), accept: [])
        #expect(shard.bytes <= 500)
        #expect(shard.find(try request("/large")) == nil)
    }

    @Test("nothing is taken in that was looked up before something changed")
    func tickets() throws {
        let objects = HotObjects()
        let object = try manifest("a", tag: "1")
        let key = HotKey(host: "h", target: "/t")
        let changes: [(HotObjects) throws -> Void] = [
            { $0.contentChanged([.sha256(of: [])]) },
            { $0.tagChanged(try Tag("2"), in: app) },
            { $0.everythingChanged() },
        ]
        for change in changes {
            let early = objects.ticket
            try change(objects)
            objects.add(object, for: key, accept: [], early)
            #expect(objects.find(try request("/t")) == nil)
        }
        objects.add(object, for: key, accept: [], objects.ticket)
        #expect(objects.find(try request("/t")) === object)
        objects.isEnabled = false
        #expect(objects.find(try request("/t")) == nil)
        objects.add(object, for: key, accept: [], objects.ticket)
        #expect(objects.count == 0)
    }

    @Test("R49: a tag is fresh from its verification until the second its time is over")
    func freshness() throws {
        let object = try manifest("a", tag: "1", fresh: 100..<160)
        for (now, isFresh) in [(99, false), (100, true), (159, true), (160, false)] {
            #expect(object.isFresh(at: Moment(wall: 7, store: Int64(now))) == isFresh)
        }
        #expect(try manifest("a").isFresh(at: Moment(wall: 7, store: 1 << 40)))
    }

    @Test(
        "whoever wants more than the plain content is for the normal path",
        arguments: [
            ("Authorization", "Basic eTp6"), ("Connection", "close"), ("Content-Length", "0"),
            ("Transfer-Encoding", "chunked"), ("Expect", "100-continue"), ("If-Range", "\"x\""),
            ("upgrade", "h2c"), ("RANGE", "bytes=0-1"),
        ])
    func unusual(name: String, value: String) throws {
        var head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/t",
            headers: [
                "Host": "h", "Range": "bytes=0-1", "Connection": "Keep-Alive",
                "Authorization": "Basic eDp5",
            ])
        #expect(HotRequest(head)?.range == "bytes=0-1")
        #expect(HotRequest(head)?.authorization == "Basic eDp5")
        head.headers.add(name: name, value: value)
        #expect(HotRequest(head) == nil)
        #expect(HotRequest(HTTPRequestHead(version: .http1_0, method: .GET, uri: "/t")) == nil)
        #expect(HotRequest(HTTPRequestHead(version: .http1_1, method: .PUT, uri: "/t")) == nil)
    }
}
