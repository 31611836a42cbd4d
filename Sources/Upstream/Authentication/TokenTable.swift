// The token cache's bookkeeping: which token is good, which fetch is under way. No I/O.

struct TokenTable {
    typealias Flight = Task<Secret, any Error>

    enum Step {
        case use(Secret)
        /// Wait for the fetch; on its failure `fallback` is still good.
        case wait(Flight, fallback: Secret?)
    }

    private struct Kept {
        var value: Secret
        var refreshAt: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    private struct Entry {
        var kept: Kept?
        var flight: (id: UInt64, task: Flight)?
    }

    /// Entries kept at most; scopes are chosen by clients, so their number must be bounded.
    static let maximumEntries = 4096

    private var entries: [TokenKey: Entry] = [:]
    private var flights: UInt64 = 0

    var count: Int { entries.count }

    func held(at now: ContinuousClock.Instant) -> Int {
        entries.values.count { entry in entry.kept.map { now < $0.end } ?? false }
    }

    /// - Parameter start: begins the fetch with the given id; called only where one is needed.
    mutating func step(
        for key: TokenKey, now: ContinuousClock.Instant, start: (UInt64) -> Flight
    ) -> Step {
        let entry = entries[key] ?? Entry()
        if let kept = entry.kept, now < kept.refreshAt { return .use(kept.value) }
        let fallback = entry.kept.flatMap { now < $0.end ? $0.value : nil }
        if let flight = entry.flight { return .wait(flight.task, fallback: fallback) }
        flights += 1
        let task = start(flights)
        makeRoom(now: now)
        entries[key] = Entry(kept: entry.kept, flight: (flights, task))
        return .wait(task, fallback: fallback)
    }

    /// Records the outcome of fetch `id`; `token` is nil where it failed.
    mutating func finish(
        _ key: TokenKey, id: UInt64, token: Token?, now: ContinuousClock.Instant
    ) {
        guard var entry = entries[key], entry.flight?.id == id else { return }
        entry.flight = nil
        if let token {
            let margin = min(.seconds(30), token.lifetime / 5)
            let end = now + token.lifetime
            entry.kept = Kept(value: token.value, refreshAt: end - margin, end: end)
        }
        entries[key] = entry.kept == nil ? nil : entry
    }

    mutating func invalidate(_ value: Secret, for key: TokenKey) {
        guard entries[key]?.kept?.value == value else { return }
        entries[key]?.kept = nil
        if entries[key]?.flight == nil { entries[key] = nil }
    }

    /// Drops ended tokens when full, and any idle entry where that is not enough.
    private mutating func makeRoom(now: ContinuousClock.Instant) {
        guard entries.count >= Self.maximumEntries else { return }
        entries = entries.filter { _, entry in
            entry.flight != nil || entry.kept.map { now < $0.end } ?? false
        }
        guard entries.count >= Self.maximumEntries else { return }
        let idle = entries.filter { $0.value.flight == nil }.keys.prefix(Self.maximumEntries / 4)
        for key in idle { entries[key] = nil }
    }
}
