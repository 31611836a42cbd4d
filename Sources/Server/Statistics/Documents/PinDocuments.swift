/// `/admin/v1/pins`

struct PinDocument: Codable, Sendable, Equatable {
    enum Source: String, Codable, Sendable {
        /// `cache.pins`, which only the configuration changes.
        case configuration
        case runtime
    }

    var pattern: String
    var source: Source
}

struct PinsDocument: Codable, Sendable, Equatable {
    var items: [PinDocument]
}

struct PinRequest: Codable, Sendable, Equatable {
    var pattern: String
}

struct PinChangeDocument: Codable, Sendable, Equatable {
    var pattern: String
    /// False where the pin was there, or was not, before.
    var changed: Bool
}
