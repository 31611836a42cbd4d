// What is known of one source's credential for one registry. No I/O, no clock.

struct CredentialEntry {
    typealias Instant = ContinuousClock.Instant
    typealias Flight = Task<DockerConfig.Lookup, any Error>

    /// After a failure the source is left alone for so long.
    static let failureLifetime = Duration.seconds(10)
    /// A source that was asked again because of a refusal is not asked again for the next one.
    static let dropInterval = Duration.seconds(60)

    enum Step {
        case use(DockerConfig.Lookup)
        case fail(any Error)
        case wait(Flight)
    }

    private enum Outcome {
        case kept(DockerConfig.Lookup)
        case failed(any Error)
    }

    private var outcome: Outcome?
    private var end: Instant?
    private var flight: (id: UInt64, task: Flight)?
    private var flights: UInt64 = 0
    private var droppedAt: Instant?

    /// - Parameter start: asks the source, under the given number; called only where needed.
    mutating func step(at now: Instant, start: (UInt64) -> Flight) -> Step {
        if let outcome, let end, now < end {
            switch outcome {
            case .kept(let lookup): return .use(lookup)
            case .failed(let error): return .fail(error)
            }
        }
        if let flight { return .wait(flight.task) }
        flights += 1
        let task = start(flights)
        flight = (flights, task)
        return .wait(task)
    }

    /// - Parameter lifetime: of what was found.
    mutating func finish(
        id: UInt64, _ result: Result<DockerConfig.Lookup, any Error>, for lifetime: Duration,
        at now: Instant
    ) {
        guard flight?.id == id else { return }
        flight = nil
        switch result {
        case .success(let lookup): (outcome, end) = (.kept(lookup), now + lifetime)
        case .failure(let error): (outcome, end) = (.failed(error), now + Self.failureLifetime)
        }
    }

    /// Forgets `credential` where it is the kept one, unless that was done a moment ago.
    mutating func drop(_ credential: Credential, at now: Instant) {
        guard case .kept(.credential(credential)) = outcome else { return }
        if let droppedAt, now < droppedAt + Self.dropInterval { return }
        droppedAt = now
        (outcome, end) = (nil, nil)
    }
}
