/// Which image a request counts for.
import OCI
import Testing

@testable import CacheStore

struct ImageAttributionTests {
    private var attribution = ImageAttribution()
    private let key: RepositoryKey
    private let tag: OCI.Tag

    init() throws {
        key = RepositoryKey(upstream: "docker.io", repository: try RepositoryName("library/app"))
        tag = try OCI.Tag("1")
    }

    /// `reference`, with `+` for a pull; nil for nothing.
    private mutating func ask(
        _ subject: RequestRecord.Subject, isHead: Bool = false, status: Int = 200,
        client: String = "a", key: RepositoryKey? = nil, at time: Int64 = 0
    ) -> String? {
        let record = RequestRecord(
            client: client, repository: key ?? self.key, subject: subject, isHead: isHead,
            startsAtZero: true, status: status, result: .hit, bytes: 1)
        let image = attribution.image(of: record, at: time)
        return image.map { "\($0.key.reference)" + ($0.isPull ? "+" : "") }
    }

    @Test("what follows a tag counts for it, and its pull once")
    func tagPull() {
        var test = self
        #expect(test.ask(.manifest(numbered(1), tag: tag)) == "1+")
        #expect(test.ask(.manifest(numbered(2), tag: nil)) == "1")
        #expect(test.ask(.blob(numbered(3))) == "1")
    }

    @Test("HEAD of the tag, then GET of its digest is one pull of the tag")
    func headThenDigest() {
        var test = self
        #expect(test.ask(.manifest(numbered(1), tag: tag), isHead: true) == "1")
        #expect(test.ask(.manifest(numbered(1), tag: nil)) == "1+")
        #expect(test.ask(.manifest(numbered(1), tag: nil)) == "1")
        #expect(test.ask(.manifest(numbered(2), tag: nil)) == "1")
    }

    @Test("304 is no pull")
    func notModified() {
        var test = self
        #expect(test.ask(.manifest(numbered(1), tag: tag), status: 304) == "1")
    }

    @Test("without a tag each manifest is an image of its own")
    func digests() {
        var test = self
        #expect(test.ask(.manifest(numbered(1), tag: nil)) == "\(numbered(1))+")
        #expect(test.ask(.blob(numbered(9))) == "\(numbered(1))")
        #expect(test.ask(.manifest(numbered(2), tag: nil)) == "\(numbered(2))+")
    }

    @Test("another client and another repository are another pull")
    func others() throws {
        var test = self
        let other = RepositoryKey(upstream: "ghcr.io", repository: key.repository)
        _ = test.ask(.manifest(numbered(1), tag: tag))
        #expect(test.ask(.blob(numbered(3)), client: "b") == nil)
        #expect(test.ask(.blob(numbered(3)), key: other) == nil)
        #expect(test.ask(.blob(numbered(3))) == "1")
    }

    @Test("a pause of more than ten minutes ends it; each request begins the pause anew")
    func pause() {
        var test = self
        _ = test.ask(.manifest(numbered(1), tag: tag), at: 0)
        #expect(test.ask(.blob(numbered(3)), at: 600) == "1")
        #expect(test.ask(.blob(numbered(3)), at: 1200) == "1")
        #expect(test.ask(.blob(numbered(3)), at: 1801) == nil)
    }

    @Test("lists and manifests that were not found count for nothing")
    func nothing() {
        var test = self
        #expect(test.ask(.listing) == nil)
        #expect(test.ask(.manifest(nil, tag: tag)) == nil)
    }

    @Test("more clients than it holds are forgotten, and go on to be counted")
    func bound() {
        var test = self
        _ = test.ask(.manifest(numbered(1), tag: tag), client: "first")
        for number in 0..<ImageAttribution.limit {
            _ = test.ask(.manifest(numbered(1), tag: tag), client: "\(number)")
        }
        #expect(test.ask(.blob(numbered(3)), client: "first") == nil)
        #expect(test.ask(.blob(numbered(3)), client: "\(ImageAttribution.limit - 1)") == "1")
    }
}
