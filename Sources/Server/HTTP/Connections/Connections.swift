/// The clients' connections: how many there are, how many more there may be, how they were ended.

import NIOCore
import Synchronization

final class Connections: Sendable {
    /// Why a connection was ended by Larder. The raw value is a metric's label.
    enum Cut: String, Sendable, CaseIterable {
        /// No request came.
        case idle
        /// A request did not arrive whole in time (R47).
        case slowRequest = "slow_request"
    }

    enum Admission: Sendable, Equatable {
        case admitted
        /// To be told 503.
        case refused
        /// To be closed at once: too many are being told.
        case dropped
    }

    struct Snapshot: Sendable {
        var open = 0
        var maximum = 0
        var refused = 0
        var cut: [Cut: Int] = [:]
    }

    private struct State {
        var snapshot = Snapshot()
        var beingRefused = 0
        var settings: ConnectionSettings
    }

    /// Connections above the maximum that are being told so at one time.
    private static let maximumBeingRefused = 64
    /// At `admin.listen`, where nobody but operators and their tools is.
    static let maximumOfOperators = 64

    private let state: Mutex<State>
    private let ceiling: Int

    /// - Parameter ceiling: how many there may be, whatever the settings say.
    init(_ settings: ConnectionSettings, atMost ceiling: Int = .max) {
        state = Mutex(State(settings: settings))
        self.ceiling = ceiling
        apply(settings)
    }

    /// Those that are open stay, however many may be.
    func apply(_ settings: ConnectionSettings) {
        state.withLock { state in
            state.settings = settings
            let maximum =
                switch settings.maximum {
                case .automatic: DescriptorLimit.current / 2
                case .count(let count): count
                }
            state.snapshot.maximum = min(maximum, ceiling)
        }
    }

    var settings: ConnectionSettings { state.withLock { $0.settings } }

    var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// Counts a new connection until its `closed`.
    func admit(_ closed: EventLoopFuture<Void>) -> Admission {
        let admission = state.withLock { state -> Admission in
            if state.snapshot.open < state.snapshot.maximum {
                state.snapshot.open += 1
                return .admitted
            }
            state.snapshot.refused += 1
            guard state.beingRefused < Self.maximumBeingRefused else { return .dropped }
            state.beingRefused += 1
            return .refused
        }
        guard admission != .dropped else { return admission }
        closed.whenComplete { _ in
            self.state.withLock { state in
                if admission == .admitted {
                    state.snapshot.open -= 1
                } else {
                    state.beingRefused -= 1
                }
            }
        }
        return admission
    }

    func count(_ cut: Cut) {
        state.withLock { $0.snapshot.cut[cut, default: 0] += 1 }
    }
}
