/// What of a growing file may be sent.
import Testing

@testable import CacheStore

struct FillProgressTests {
    private func progress(written: Int64, length: Int64?) -> FillProgress {
        var progress = FillProgress(length: length)
        progress.extents.insert(0..<written)
        return progress
    }

    @Test("R1, R2: a span that reaches the end is held back until the digest is verified")
    func tail() {
        var progress = progress(written: 100_000, length: 100_000)
        let held = 100_000 - FillProgress.heldBack
        #expect(progress.availability(at: 0, end: 100_000) == .bytes(upTo: held))
        #expect(progress.availability(at: held, end: 100_000) == .wait)
        progress.outcome = .verified
        #expect(progress.availability(at: held, end: 100_000) == .bytes(upTo: 100_000))
        #expect(progress.availability(at: 100_000, end: 100_000) == .end)
    }

    @Test("an earlier span is sent as its bytes arrive")
    func earlierSpan() {
        let progress = progress(written: 500, length: 100_000)
        #expect(progress.availability(at: 100, end: 400) == .bytes(upTo: 400))
        #expect(progress.availability(at: 400, end: 600) == .bytes(upTo: 500))
        #expect(progress.availability(at: 500, end: 600) == .wait)
    }

    @Test("with an unknown length the end comes with the verification")
    func unknownLength() {
        var progress = progress(written: 500, length: nil)
        #expect(progress.availability(at: 0, end: nil) == .bytes(upTo: 500))
        #expect(progress.availability(at: 500, end: nil) == .wait)
        progress.length = 500
        progress.outcome = .verified
        #expect(progress.availability(at: 500, end: nil) == .end)
    }

    @Test("a failure cuts every reader")
    func failure() {
        var progress = progress(written: 500, length: 1000)
        progress.outcome = .failed(.abandoned)
        #expect(progress.availability(at: 0, end: 100) == .cut(.abandoned))
    }

    @Test("an empty blob ends at once")
    func empty() {
        var progress = progress(written: 0, length: 0)
        progress.outcome = .verified
        #expect(progress.availability(at: 0, end: 0) == .end)
    }
}
