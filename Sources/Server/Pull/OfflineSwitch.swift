/// Which upstreams are not asked: by the configuration, and by what was said since the start.

import Synchronization

/// What was said while running goes before the configuration, and what was said of one upstream
/// before what was said of all. It outlives a reload, not a restart.
final class OfflineSwitch: Sendable {
    enum Source: Sendable {
        case configuration, runtime
    }

    private struct State {
        var isAllConfigured = false
        var configured: Set<String> = []
        /// Said of all upstreams; nil where nothing was.
        var all: Bool?
        var upstreams: [String: Bool] = [:]

        mutating func take(_ configuration: Configuration) {
            isAllConfigured = configuration.isOffline
            configured = Set(configuration.upstreams.values.filter(\.isOffline).map(\.name))
        }
    }

    private let state: Mutex<State>

    init(_ configuration: Configuration) {
        var state = State()
        state.take(configuration)
        self.state = Mutex(state)
    }

    func apply(_ configuration: Configuration) {
        state.withLock { $0.take(configuration) }
    }

    /// - Parameter upstream: its name in the configuration; nil for all, which ends what was said
    ///   of single ones.
    func set(_ isOffline: Bool, upstream: String?) {
        state.withLock { state in
            if let upstream {
                state.upstreams[upstream] = isOffline
            } else {
                state.all = isOffline
                state.upstreams = [:]
            }
        }
    }

    func isOffline(_ upstream: String) -> Bool { setting(of: upstream).isOffline }

    func setting(of upstream: String) -> (isOffline: Bool, source: Source) {
        state.withLock { state in
            if let said = state.upstreams[upstream] ?? state.all { return (said, .runtime) }
            let isConfigured = state.isAllConfigured || state.configured.contains(upstream)
            return (isConfigured, .configuration)
        }
    }
}
