/// What each client has asked for lately; pure.

import Upstream

/// A limit, by its key below `limits`.
enum ClientLimit: String, Sendable, CaseIterable {
    case requests = "requests_per_second"
    case downloads
}

struct ClientRefusal: Error, Equatable {
    let limit: ClientLimit
    /// When it is worth trying again.
    let delay: Duration
}

struct ClientTable: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Client {
        var requests: TokenBucket?
        var bandwidth: TokenBucket?
        var downloads = 0
        var usedAt: Instant
    }

    /// How long a download may be expected to take, where one has to end first.
    private static let downloadDelay = Duration.seconds(5)

    private let maximumClients: Int
    private var settings: ClientLimitSettings
    private var clients: [ClientKey: Client] = [:]

    init(_ settings: ClientLimitSettings, maximumClients: Int) {
        self.settings = settings
        self.maximumClients = maximumClients
    }

    var count: Int { clients.count }

    /// Downloads that run go on being counted.
    mutating func apply(_ next: ClientLimitSettings) {
        settings = next
        for key in clients.keys {
            clients[key]?.requests = nil
            clients[key]?.bandwidth = nil
        }
    }

    // MARK: Requests and downloads

    /// Counts a request, and a download where it is one, where all of the keys may have it.
    mutating func admit(
        _ keys: [ClientKey], isDownload: Bool, at now: Instant
    ) -> ClientRefusal? {
        for key in keys { touch(key, now) }
        defer { dropColdest() }
        for key in keys {
            if let refusal = refusal(key, isDownload, now) { return refusal }
        }
        for key in keys {
            _ = clients[key]?.requests?.take(1, at: now)
            if isDownload { clients[key]?.downloads += 1 }
        }
        return nil
    }

    private mutating func refusal(
        _ key: ClientKey, _ isDownload: Bool, _ now: Instant
    ) -> ClientRefusal? {
        if let delay = clients[key]?.requests?.delay(until: 1, at: now), delay > .zero {
            return ClientRefusal(limit: .requests, delay: delay)
        }
        let running = clients[key]?.downloads ?? 0
        guard isDownload, settings.downloads > 0, running >= settings.downloads else { return nil }
        return ClientRefusal(limit: .downloads, delay: Self.downloadDelay)
    }

    mutating func endDownload(_ keys: [ClientKey]) {
        for key in keys { clients[key]?.downloads -= 1 }
    }

    // MARK: Bandwidth

    /// Counts bytes that are about to be sent.
    ///
    /// - Returns: how long they have to wait, so that those of all downloads together keep to the
    ///   rate. Who asks later waits longer: each has its turn.
    mutating func charge(_ bytes: Int64, _ keys: [ClientKey], at now: Instant) -> Duration {
        guard settings.bandwidth.bytes > 0 else { return .zero }
        return keys.reduce(.zero) { delay, key in
            touch(key, now)
            // The bytes go out when what was sent before is paid for.
            let own = clients[key]?.bandwidth?.delay(until: 0, at: now) ?? .zero
            clients[key]?.bandwidth?.charge(Double(bytes), at: now)
            return max(delay, own)
        }
    }

    // MARK: Clients

    private mutating func touch(_ key: ClientKey, _ now: Instant) {
        var client = clients[key] ?? Client(usedAt: now)
        client.usedAt = now
        if client.requests == nil, settings.requestsPerSecond > 0 {
            let rate = Double(settings.requestsPerSecond)
            let burst = settings.burst > 0 ? Double(settings.burst) : 10 * rate
            client.requests = TokenBucket(rate: rate, burst: burst, now: now)
        }
        if client.bandwidth == nil, settings.bandwidth.bytes > 0 {
            let rate = Double(settings.bandwidth.bytes)
            client.bandwidth = TokenBucket(rate: rate, burst: rate / 4, now: now)
        }
        clients[key] = client
    }

    /// A quarter at once, so that many new clients do not cost a search each. Those that download
    /// stay.
    private mutating func dropColdest() {
        guard clients.count > maximumClients else { return }
        let idle = clients.filter { $0.value.downloads == 0 }
            .sorted { $0.value.usedAt < $1.value.usedAt }
        for (key, _) in idle.prefix(max(1, maximumClients / 4)) { clients[key] = nil }
    }
}
