// Looks at where an upstream leads, before connecting and again when connected (R70).
import NIOCore
import Synchronization

/// The look-up before keeps Larder from connecting to what it must not reach. What counts is the
/// second look, at the address that was connected to: a name may have another one by then.
final class AddressCheck: Sendable {
    /// How long a name is not looked up again.
    static let memory = Duration.seconds(60)
    /// Names come from upstreams: with more, all are forgotten.
    private static let limit = 256

    private let lookUp: HostLookup
    private let passed = Mutex<[String: ContinuousClock.Instant]>([:])

    init(lookUp: @escaping HostLookup) {
        self.lookUp = lookUp
    }

    /// - Parameters:
    ///   - host: of a URL; a name, or an address in any spelling.
    ///   - isProxied: whether a proxy looks the name up: then only an address is looked at.
    /// - Throws: ``RefusedAddress`` where the host has one that may not be connected to;
    ///   ``ExchangeTimeout``. Nothing for a name that is not found.
    func require(_ host: String, isProxied: Bool, within timeout: Duration) async throws {
        if let address = IPAddress(anySpelling: host) {
            try Self.require(address)
        } else if !isProxied, !isKnown(host) {
            for address in try await lookUp(host, timeout) { try Self.require(address) }
            remember(host)
        }
    }

    /// Of a connection that was made, before anything is sent on it.
    static func require(_ channel: any Channel) throws {
        guard let remote = channel.remoteAddress, let address = IPAddress(remote) else {
            throw ChannelError.ioOnClosedChannel
        }
        try require(address)
    }

    private static func require(_ address: IPAddress) throws(RefusedAddress) {
        if let kind = AddressPolicy.refusal(of: address) {
            throw RefusedAddress(address: address, kind: kind)
        }
    }

    private func isKnown(_ host: String) -> Bool {
        passed.withLock { $0[host].map { ContinuousClock.now - $0 < Self.memory } ?? false }
    }

    private func remember(_ host: String) {
        passed.withLock { passed in
            if passed.count >= Self.limit { passed.removeAll() }
            passed[host] = .now
        }
    }
}
