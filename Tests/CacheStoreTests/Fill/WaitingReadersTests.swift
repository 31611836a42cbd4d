/// Whom progress wakes, and how often.
import NIOCore
import NIOPosix
import Testing

@testable import CacheStore

@Suite("Waiting readers")
struct WaitingReadersTests {
    private let length: Int64 = 64 << 20

    private func reader(
        at offset: Int64, end: Int64? = nil, on loop: (any EventLoop)? = nil
    ) -> WaitingReaders.Reader {
        WaitingReaders.Reader(
            loop: loop ?? MultiThreadedEventLoopGroup.singleton.any(), offset: offset,
            end: end ?? length, wake: {})
    }

    /// Has so many readers follow a file that comes in parts of 64 KiB, one each `interval`;
    /// answers how often progress was announced and how many readers were woken by it.
    private func follow(
        readers count: Int, every interval: Duration
    ) -> (announcements: Int, wakes: Int) {
        var readers = WaitingReaders()
        var progress = FillProgress(length: length)
        var now = ContinuousClock.now
        var timer: ContinuousClock.Instant?
        var (announcements, wakes) = (0, 0)
        for _ in 0..<count { readers.add(reader(at: 0)) }
        func announce(isTimer: Bool) {
            let woken = readers.take(progress, at: now, isTimer: isTimer).flatMap(\.self)
            announcements += 1
            wakes += woken.count
            let position = progress.extents.contiguousEnd(from: 0)
            for _ in woken { readers.add(reader(at: position)) }
        }
        let part: Int64 = 64 << 10
        for start in stride(from: 0, to: length / 2, by: Int(part)) {
            now += interval
            if let due = timer, due <= now {
                timer = nil
                announce(isTimer: true)
            }
            progress.extents.insert(start..<start + part)
            switch readers.due(after: part, at: now) {
            case .no: break
            case .now: announce(isTimer: false)
            case .later(let delay): timer = now + delay
            }
        }
        return (announcements, wakes)
    }

    @Test("a thousand readers are woken once for each MiB, a few for each 256 KiB")
    func steps() {
        let many = follow(readers: 1000, every: .microseconds(60))
        #expect(many.announcements <= 32 + 1)
        #expect(many.wakes == 1000 * many.announcements)
        let few = follow(readers: 16, every: .microseconds(60))
        #expect(few.announcements > 100)
        #expect(few.announcements <= 128 + 1)
    }

    @Test("of a slow upstream they hear ten times a second, a few readers fifty times")
    func slowUpstream() {
        // 512 parts in 5.12 s.
        #expect((45...56).contains(follow(readers: 1000, every: .milliseconds(10)).announcements))
        #expect((180...260).contains(follow(readers: 16, every: .milliseconds(10)).announcements))
    }

    @Test("nobody is woken for bytes that are of no use to them, nor for a tail held back")
    func useless() {
        var readers = WaitingReaders()
        var progress = FillProgress(length: length)
        readers.add(reader(at: 0))
        readers.add(reader(at: 8 << 20, end: 9 << 20))
        readers.add(reader(at: length - FillProgress.heldBack))
        progress.extents.insert(0..<1000)
        #expect(readers.take(progress, at: .now).flatMap(\.self).map(\.offset) == [0])
        progress.extents.insert(1000..<length)
        #expect(readers.take(progress, at: .now).flatMap(\.self).map(\.offset) == [8 << 20])
        progress.outcome = .verified
        #expect(readers.take(progress, at: .now).flatMap(\.self).count == 1)
    }

    @Test("the readers of one loop are woken by one task")
    func groups() {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        defer { group.shutdownGracefully { _ in } }
        var readers = WaitingReaders()
        for _ in 0..<999 { readers.add(reader(at: 0, on: group.next())) }
        var progress = FillProgress(length: length)
        progress.extents.insert(0..<1000)
        #expect(readers.take(progress, at: .now).map(\.count) == [333, 333, 333])
    }

    @Test("without readers nothing is announced, and no timer runs")
    func nobody() {
        var readers = WaitingReaders()
        #expect(readers.due(after: 10, at: .now) == .no)
        readers.add(reader(at: 10))
        #expect(readers.due(after: 10, at: .now) == .now)
    }
}
