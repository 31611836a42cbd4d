/// `/admin/v1/offline`

struct OfflineRequest: Codable, Sendable, Equatable {
    var offline: Bool
    /// Left out or null: all of them.
    var upstream: String?
}

struct OfflineDocument: Codable, Sendable, Equatable {
    /// By name.
    var items: [OfflineUpstreamDocument]
}

struct OfflineUpstreamDocument: Codable, Sendable, Equatable {
    enum Source: String, Codable, Sendable {
        /// `offline`, which only the configuration changes.
        case configuration
        /// What was said since the start, which goes before it.
        case runtime
    }

    var upstream: String
    var isOffline: Bool
    var source: Source
}
