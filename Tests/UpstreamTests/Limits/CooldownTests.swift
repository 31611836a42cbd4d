// How long a registry is left alone after a 429.
import Testing

@testable import Upstream

@Suite("Cool-down")
struct CooldownTests {
    private let start = ContinuousClock.now

    private func opened(_ retryAfter: Duration?, jitter: Double = 0.5) -> Cooldown {
        var cooldown = Cooldown()
        cooldown.open(retryAfter: retryAfter, at: start, jitter: jitter)
        return cooldown
    }

    static let requests: [(Duration, Duration)] = [
        (.seconds(30), .seconds(30)), (.zero, .seconds(1)), (.seconds(86_400), .seconds(3600)),
    ]

    @Test("Retry-After is believed from a second to an hour (R59)", arguments: requests)
    func asked(retryAfter: Duration, expected: Duration) {
        let cooldown = opened(retryAfter)
        #expect(cooldown.remaining(at: start) == expected)
        #expect(cooldown.remaining(at: start + expected) == nil)
    }

    @Test("without Retry-After the pause doubles while 429s go on, up to ten minutes")
    func doubles() {
        var cooldown = Cooldown()
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<12 {
            cooldown.open(retryAfter: nil, at: now, jitter: 0.5)
            let pause = cooldown.remaining(at: now) ?? .zero
            pauses.append(pause)
            now += pause
        }
        let seconds = pauses.map { Int($0 / .seconds(1)) }
        #expect(seconds == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600])
    }

    @Test("jitter moves the pause by a quarter either way", arguments: [0.0, 0.25, 1.0])
    func jitters(jitter: Double) {
        let cooldown = opened(nil, jitter: jitter)
        #expect(cooldown.remaining(at: start) == Cooldown.shortest * (0.75 + jitter / 2))
    }

    @Test("a success makes the next pause a short one")
    func forgives() {
        var cooldown = opened(nil)
        cooldown.open(retryAfter: nil, at: start + .seconds(2), jitter: 0.5)
        cooldown.forgive()
        #expect(cooldown.remaining(at: start + .seconds(2)) == .seconds(4))
        cooldown.open(retryAfter: nil, at: start + .seconds(6), jitter: 0.5)
        #expect(cooldown.remaining(at: start + .seconds(6)) == .seconds(2))
    }

    @Test("many answers to requests under way open it once")
    func opensOnce() {
        var cooldown = opened(nil)
        for _ in 0..<20 { cooldown.open(retryAfter: nil, at: start, jitter: 0.5) }
        #expect(cooldown.remaining(at: start) == .seconds(2))
        cooldown.open(retryAfter: .seconds(1), at: start, jitter: 0.5)
        #expect(cooldown.remaining(at: start) == .seconds(2))
        cooldown.open(retryAfter: .seconds(9), at: start, jitter: 0.5)
        #expect(cooldown.remaining(at: start) == .seconds(9))
    }
}
