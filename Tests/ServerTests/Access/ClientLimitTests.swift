/// How much one client may ask for.
import NIOCore
import NIOHTTP1
import OCI
import Synchronization
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

/// A clock that stands until it is moved.
private final class TestTime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    func now() -> ContinuousClock.Instant { instant.withLock { $0 } }

    func pass(_ duration: Duration) { instant.withLock { $0 += duration } }
}

@Suite("Client limits")
struct ClientLimitTests {
    private let time = TestTime()

    private func limits(
        _ change: (inout ClientLimitSettings) -> Void, clients: Int = 100
    ) -> ClientLimits {
        var settings = ClientLimitSettings()
        change(&settings)
        return ClientLimits(settings, maximumClients: clients, now: { [time] in time.now() })
    }

    private func refusal(
        _ limits: ClientLimits, _ address: String, user: String? = nil
    ) -> ClientLimit? {
        do throws(ClientRefusal) {
            _ = try limits.admit(Requester(address: address, user: user), isDownload: false)
            return nil
        } catch {
            return error.limit
        }
    }

    @Test("a burst, then the rate; each address for itself, IPv6 by its first 64 bits")
    func requests() {
        let limits = limits {
            $0.requestsPerSecond = 2
            $0.burst = 3
        }
        for _ in 1...3 { #expect(refusal(limits, "192.0.2.1") == nil) }
        #expect(refusal(limits, "192.0.2.1") == .requests)
        #expect(refusal(limits, "192.0.2.2") == nil)
        time.pass(.milliseconds(501))
        #expect(refusal(limits, "192.0.2.1") == nil)
        #expect(refusal(limits, "192.0.2.1") == .requests)
        for number in 1...3 { #expect(refusal(limits, "2001:db8::\(number)") == nil) }
        #expect(refusal(limits, "2001:db8::9") == .requests)
        #expect(refusal(limits, "2001:db8:0:1::9") == nil)
    }

    @Test("a user is held to the limits wherever the requests come from; exempt networks to none")
    func users() {
        let limits = limits {
            $0.requestsPerSecond = 1
            $0.burst = 2
            $0.exempt = ["10.0.0.0/8"].compactMap { IPNetwork($0) }
        }
        #expect(refusal(limits, "192.0.2.1", user: "ci") == nil)
        #expect(refusal(limits, "192.0.2.2", user: "ci") == nil)
        #expect(refusal(limits, "192.0.2.3", user: "ci") == .requests)
        #expect(refusal(limits, "192.0.2.3", user: "anna") == nil)
        #expect(refusal(limits, "192.0.2.3") == nil)
        for _ in 1...9 { #expect(refusal(limits, "10.1.2.3", user: "ci") == nil) }
    }

    @Test("downloads count until their admission is given up")
    func downloads() throws {
        let limits = limits { $0.downloads = 2 }
        let requester = Requester(address: "192.0.2.1")
        var admissions = [
            try limits.admit(requester, isDownload: true),
            try limits.admit(requester, isDownload: true),
        ]
        #expect(admissions.allSatisfy { $0 != nil })
        #expect(throws: ClientRefusal.self) { try limits.admit(requester, isDownload: true) }
        let request = try limits.admit(requester, isDownload: false)
        let other = try limits.admit(Requester(address: "192.0.2.2"), isDownload: true)
        #expect(request == nil && other != nil)
        admissions.removeLast()
        admissions.append(try limits.admit(requester, isDownload: true))
        #expect(throws: ClientRefusal.self) { try limits.admit(requester, isDownload: true) }
        withExtendedLifetime(admissions) {}
    }

    @Test("bytes wait so that all downloads of a client keep to the rate, in turns")
    func bandwidth() throws {
        let limits = limits { $0.bandwidth = ByteCount(1000) }
        let requester = Requester(address: "192.0.2.1")
        let first = try limits.admit(requester, isDownload: true)
        let second = try limits.admit(requester, isDownload: true)
        let one = try #require(first)
        let two = try #require(second)
        // A quarter of a second's bytes may go ahead.
        #expect(one.charge(250) == .zero)
        #expect(one.charge(500) == .zero)
        let wait = two.charge(500)
        #expect(wait >= .milliseconds(499) && wait <= .milliseconds(501))
        let turn = one.charge(100)
        #expect(turn >= .milliseconds(999) && turn <= .milliseconds(1001))
        time.pass(.seconds(2))
        #expect(two.charge(100) == .zero)
        limits.apply(ClientLimitSettings())
        #expect(two.charge(1_000_000) == .zero)
    }

    @Test("a body pays once for each byte, however often it is asked for")
    func pace() throws {
        let limits = limits { $0.bandwidth = ByteCount(1000) }
        let admission = try limits.admit(Requester(address: "192.0.2.1"), isDownload: true)
        let pace = BodyPace(try #require(admission))
        #expect(pace.delay(before: 0..<1250) == nil)
        #expect(pace.delay(before: 0..<1250) == nil)
        let delay = try #require(pace.delay(before: 1250..<1350))
        #expect(delay >= .milliseconds(999) && delay <= .milliseconds(1001))
        #expect(pace.delay(before: 1250..<1350) == nil)
    }

    @Test("no more clients are remembered than fit; who downloads is not forgotten")
    func bounded() throws {
        let limits = limits({ $0.downloads = 1 }, clients: 40)
        let requester = Requester(address: "192.0.2.1")
        let admission = try limits.admit(requester, isDownload: true)
        for number in 0..<200 {
            time.pass(.milliseconds(1))
            #expect(refusal(limits, "198.51.100.\(number)") == nil)
            #expect(limits.clients <= 41)
        }
        #expect(throws: ClientRefusal.self) { try limits.admit(requester, isDownload: true) }
        withExtendedLifetime(admission) {}
    }

    @Test("turned off, nothing is counted")
    func off() throws {
        let limits = limits { _ in }
        let admission = try limits.admit(Requester(address: "192.0.2.1"), isDownload: true)
        #expect(admission == nil && limits.clients == 0)
    }

    @Test("a refusal says when to come back, within what clients obey")
    func refusals() {
        let cases: [(Duration, Int)] = [
            (.milliseconds(10), 1), (.seconds(7), 8), (.seconds(500), 60),
        ]
        for (delay, seconds) in cases {
            let error = ClientRefusal(limit: .requests, delay: delay).answer
            #expect(error.code == .tooManyRequests && error.retryAfterSeconds == seconds)
        }
    }

    // MARK: In the server

    private let image = SyntheticImage(seed: 61, layerSizes: [600_000])
    private var layerPath: String { "/v2/lab.local/app/blobs/\(image.layerDigests[0])" }

    private func withLimits(
        _ change: @escaping (inout ClientLimitSettings) -> Void,
        _ body: @escaping @Sendable (TestLarder, ScriptedRegistry) async throws -> Void
    ) async throws {
        try await withLarder(
            { $0.add(repository: "app", image: image, tags: ["1"]) },
            change: {
                $0.auth.trustedProxies = ["127.0.0.1"].compactMap { IPNetwork($0) }
                change(&$0.limits)
            }
        ) { larder, registry in
            larder.expectRepeatedDownloads(of: image.layerDigests)
            try await body(larder, registry)
        }
    }

    @Test("too many requests are 429 with Retry-After, of one client alone, hot or not")
    func tooManyRequests() async throws {
        try await withLimits({
            $0.requestsPerSecond = 1
            $0.burst = 4
        }) { larder, _ in
            let path = "/v2/lab.local/app/manifests/\(image.digest)"
            // One after the other they would each be let through in their second.
            let answers = try await withThrowingTaskGroup { group in
                for _ in 1...16 {
                    group.addTask {
                        try await larder.request(.GET, path, [("X-Forwarded-For", "192.0.2.1")])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let refused = answers.filter { $0.status == 429 }
            #expect(answers.count { $0.status == 200 } >= 4 && !refused.isEmpty)
            for answer in refused {
                let delay = answer.headers.first(name: "Retry-After").flatMap { Int($0) }
                #expect(delay.map { (1...60).contains($0) } == true)
                #expect(String(decoding: answer.body, as: UTF8.self).contains("TOOMANYREQUESTS"))
            }
            let other = try await larder.request(.GET, path, [("X-Forwarded-For", "192.0.2.2")])
            #expect(other.status == 200)
            let metrics = try await larder.request(.GET, "/metrics")
            let line = #"larder_client_refusals_total{limit="requests_per_second"} "#
            #expect(
                String(decoding: metrics.body, as: UTF8.self).contains(
                    "\(line)\(refused.count)\n"))
        }
    }

    @Test(
        "more downloads at once than allowed are 429 until one has ended", .timeLimit(.minutes(5)))
    func tooManyDownloads() async throws {
        let large = SeededBytes.make(count: 20_000_000, seed: 62)
        let digest = Digest.sha256(of: large)
        try await withLimits({ $0.downloads = 1 }) { larder, registry in
            registry.add(repository: "app", blob: large)
            larder.expectRepeatedDownloads(of: [digest])
            let path = "/v2/lab.local/app/blobs/\(digest)"
            for isHot in [false, true] {
                if isHot {
                    try await larder.waitUntilStored(digest)
                    for _ in 1...2 { _ = try await larder.request(.GET, path) }
                }
                let client = try StillClient(port: larder.port, get: path, endsInput: isHot)
                try await client.waitForFirstByte()
                #expect(try await larder.request(.GET, layerPath).status == 429)
                #expect(try await larder.request(.HEAD, layerPath).status == 200)
                #expect(try await client.readBody() == large)
                while try await larder.request(.GET, layerPath).status != 200 {
                    await shortPause()
                }
            }
        }
    }

    @Test("bodies are whole with a bandwidth, by either path and uncached")
    func throttledBodies() async throws {
        for isCached in [true, false] {
            try await withLarder(
                { $0.add(repository: "app", image: image, tags: ["1"]) },
                change: {
                    $0.cache.enabled = isCached
                    $0.limits.bandwidth = ByteCount(300_000)
                }
            ) { larder, _ in
                larder.expectRepeatedDownloads(of: image.layerDigests)
                for _ in 1...(isCached ? 3 : 1) {
                    let answer = try await larder.request(.GET, layerPath)
                    #expect(answer.status == 200 && answer.body == image.layers[0])
                }
                #expect(larder.services.access.limits.counts.throttled > .zero)
            }
        }
    }
}
