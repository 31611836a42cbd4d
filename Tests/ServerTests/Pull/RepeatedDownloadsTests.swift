/// When a client's return is a reason to read a blob again.
import OCI
import TestKit
import Testing

@testable import Server

@Suite("Repeated downloads")
struct RepeatedDownloadsTests {
    private let digest = Digest.sha256(of: [1])
    private let start = ContinuousClock.now

    @Test("R5: the second whole download within 10 minutes by one client, once per digest")
    func repeated() {
        let downloads = RepeatedDownloads()
        #expect(!downloads.isSuspicious(digest, by: "a", now: start))
        #expect(!downloads.isSuspicious(digest, by: "b", now: start))
        #expect(downloads.isSuspicious(digest, by: "a", now: start + .seconds(60)))
        #expect(!downloads.isSuspicious(digest, by: "b", now: start + .seconds(61)))
        #expect(!downloads.isSuspicious(digest, by: "c", now: start + .seconds(62)))
    }

    @Test("after 10 minutes it is a new download")
    func window() {
        let downloads = RepeatedDownloads()
        #expect(!downloads.isSuspicious(digest, by: "a", now: start))
        #expect(!downloads.isSuspicious(digest, by: "a", now: start + .seconds(601)))
    }
}
