/// Readers that wait for more of a file, and when they are told that there is.

import NIOCore

/// Progress is announced in steps, the larger the more readers wait: each of them is woken once for a
/// step, and none for bytes that it cannot use. No clock, no lock.
struct WaitingReaders {
    struct Reader {
        let loop: any EventLoop
        let offset: Int64
        let end: Int64?
        let wake: @Sendable () -> Void

        func isReady(_ progress: FillProgress) -> Bool {
            progress.outcome != .open || progress.availability(at: offset, end: end) != .wait
        }
    }

    /// Whichever is reached first.
    private struct Step {
        let bytes: Int64
        let interval: Duration

        static let few = Step(bytes: 256 << 10, interval: .milliseconds(20))
        /// What a reader sends at a time; a slow upstream's bytes come in fewer, larger pieces.
        static let many = Step(bytes: 1 << 20, interval: .milliseconds(100))
    }

    enum Due: Equatable {
        /// Nobody waits, or a timer runs already.
        case no
        case now
        /// A timer is to call `take` then.
        case later(Duration)
    }

    /// From so many readers on, waking them costs more than the bytes.
    private static let manyReaders = 32

    private var readers: [Reader] = []
    private var unannouncedBytes: Int64 = 0
    private var announcedAt: ContinuousClock.Instant?
    private var hasTimer = false

    mutating func add(_ reader: Reader) { readers.append(reader) }

    /// When readers are to hear of `bytes` more. The first bytes are for now.
    mutating func due(after bytes: Int64, at now: ContinuousClock.Instant) -> Due {
        // Who comes later looks for itself.
        guard !readers.isEmpty else { return .no }
        unannouncedBytes += bytes
        let step = readers.count < Self.manyReaders ? Step.few : .many
        guard unannouncedBytes < step.bytes, let announcedAt, now - announcedAt < step.interval
        else { return .now }
        guard !hasTimer else { return .no }
        hasTimer = true
        return .later(step.interval)
    }

    /// Takes out the readers that can go on, or must end: each inner array has those of one loop.
    mutating func take(
        _ progress: FillProgress, at now: ContinuousClock.Instant, isTimer: Bool = false
    ) -> [[Reader]] {
        unannouncedBytes = 0
        announcedAt = now
        if isTimer { hasTimer = false }
        let boundary = readers.partition { $0.isReady(progress) }
        let ready = readers[boundary...]
        defer { readers.removeSubrange(boundary...) }
        return Array(Dictionary(grouping: ready) { ObjectIdentifier($0.loop) }.values)
    }
}
