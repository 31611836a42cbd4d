/// Holds each client to its share: requests, downloads, bandwidth (docs/rules.md).

import OCI
import Synchronization
import Upstream

/// Turned off, which is the default, it costs a request one atomic load.
final class ClientLimits: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Counts: Sendable {
        var refused: [ClientLimit: Int] = [:]
        /// How long bodies waited for `bandwidth`, all together.
        var throttled = Duration.zero
    }

    /// Clients that are remembered; beyond, the ones that asked for nothing for the longest time
    /// are forgotten.
    static let maximumClients = 16_384
    /// How long a request waits before it is refused: it may do, and clients that try again at
    /// once, as containerd does, are slowed down.
    private static let patience = Duration.seconds(1)

    private struct State {
        var table: ClientTable
        var exempt: [IPNetwork]
        var counts = Counts()
    }

    private let isOn: Atomic<Bool>
    private let state: Mutex<State>
    private let now: @Sendable () -> Instant

    init(
        _ settings: ClientLimitSettings, maximumClients: Int = ClientLimits.maximumClients,
        now: @escaping @Sendable () -> Instant = { .now }
    ) {
        isOn = Atomic(!settings.isOff)
        state = Mutex(
            State(
                table: ClientTable(settings, maximumClients: maximumClients),
                exempt: settings.exempt))
        self.now = now
    }

    func apply(_ settings: ClientLimitSettings) {
        state.withLock { state in
            state.table.apply(settings)
            state.exempt = settings.exempt
        }
        isOn.store(!settings.isOff, ordering: .relaxed)
    }

    var counts: Counts { state.withLock { $0.counts } }

    var clients: Int { state.withLock { $0.table.count } }

    // MARK: Requests

    /// Counts a request at once, or refuses it.
    ///
    /// - Returns: what a download holds until its body has ended; nil where nothing is limited.
    func admit(
        _ requester: Requester, isDownload: Bool
    ) throws(ClientRefusal) -> ClientAdmission? {
        guard isOn.load(ordering: .relaxed) else { return nil }
        let ip = IPAddress(requester.address)
        let keys = [requester.key] + (requester.user.map { [.user($0)] } ?? [])
        let now = now()
        let (refusal, isExempt) = state.withLock { state -> (ClientRefusal?, Bool) in
            if let ip, state.exempt.contains(where: { $0.contains(ip) }) { return (nil, true) }
            return (state.table.admit(keys, isDownload: isDownload, at: now), false)
        }
        if let refusal { throw refusal }
        return isDownload && !isExempt ? ClientAdmission(self, keys) : nil
    }

    /// The same, after a moment where that is needed.
    func admitPatiently(
        _ requester: Requester, isDownload: Bool
    ) async throws(ClientRefusal) -> ClientAdmission? {
        do throws(ClientRefusal) {
            return try admit(requester, isDownload: isDownload)
        } catch {
            try? await Task.sleep(for: min(error.delay, Self.patience))
        }
        do throws(ClientRefusal) {
            return try admit(requester, isDownload: isDownload)
        } catch {
            state.withLock { $0.counts.refused[error.limit, default: 0] += 1 }
            throw error
        }
    }

    // MARK: Downloads

    fileprivate func endDownload(_ keys: [ClientKey]) {
        state.withLock { $0.table.endDownload(keys) }
    }

    /// How long bytes have to wait that are about to be sent.
    fileprivate func charge(_ bytes: Int64, _ keys: [ClientKey]) -> Duration {
        let now = now()
        return state.withLock { state in
            let delay = state.table.charge(bytes, keys, at: now)
            state.counts.throttled += delay
            return delay
        }
    }
}

/// A download that counts among its client's until nobody holds this any more.
final class ClientAdmission: Sendable {
    private let limits: ClientLimits
    private let keys: [ClientKey]

    fileprivate init(_ limits: ClientLimits, _ keys: [ClientKey]) {
        self.limits = limits
        self.keys = keys
    }

    deinit { limits.endDownload(keys) }

    func charge(_ bytes: Int64) -> Duration { limits.charge(bytes, keys) }
}

extension ClientRefusal {
    /// What the client is answered; podman obeys `Retry-After` up to 60 s.
    var answer: RegistryError {
        let seconds = min(max(delay.components.seconds + 1, 1), 60)
        let message =
            switch limit {
            case .requests: "more requests than one client may send"
            case .downloads: "more downloads at once than one client may have"
            }
        return RegistryError(
            .tooManyRequests, message, detail: ["limit": limit.rawValue],
            retryAfterSeconds: Int(seconds))
    }
}
