/// `/admin/v1/refresh`, `/admin/v1/verify` and `/admin/v1/backup`.

struct RefreshRequest: Codable, Sendable, Equatable {
    var image: String
}

struct RefreshDocument: Codable, Sendable, Equatable {
    var image: String
    /// What the tag stood for; null where it was not known.
    @Nullable var before: String?
    var after: String
    var changed: Bool
}

struct VerifyRequest: Codable, Sendable, Equatable {
    /// Left out or null: everything.
    var pattern: String?
}

struct VerificationDocument: Codable, Sendable, Equatable {
    enum State: String, Codable, Sendable {
        case idle, running, done, failed
    }

    var state: State
    @Nullable var startedAt: Timestamp?
    @Nullable var endedAt: Timestamp?
    /// How many there are to check.
    var objects: Int64
    var checkedObjects: Int64
    var checkedBytes: Int64
    var damagedObjects: Int64
}

struct BackupDocument: Codable, Sendable, Equatable {
    /// In the data directory.
    var path: String
    var bytes: Int64
    var madeAt: Timestamp
}
