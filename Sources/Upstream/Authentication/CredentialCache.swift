// Credentials that helpers and files gave, each asked for once however many requests wait for it.
import Synchronization

final class CredentialCache: Sendable {
    typealias Now = @Sendable () -> ContinuousClock.Instant

    /// How long a helper's credential is used: the protocol names no end.
    static let helperLifetime = Duration.seconds(30 * 60)
    /// How long Docker's file is not read again.
    static let fileLifetime = Duration.seconds(5)

    private struct Key: Hashable {
        var source: CredentialSource
        var server: String
    }

    private let entries = Mutex<[Key: CredentialEntry]>([:])
    private let reader: CredentialReader
    private let now: Now

    init(reader: CredentialReader = CredentialReader(), now: @escaping Now) {
        self.reader = reader
        self.now = now
    }

    /// The credential of `source` for a registry; nil where the source has none for it.
    ///
    /// - Parameter server: as ``RegistryServer/name(of:)`` has it.
    /// - Throws: ``CredentialFailure``, the same for a while before the source is asked again.
    func credential(of source: CredentialSource, server: String) async throws -> Credential? {
        let found: DockerConfig.Lookup
        switch source {
        case .fixed(let credential):
            return credential
        case .helper(let helper):
            found = try await kept(Key(source: source, server: server), Self.helperLifetime) {
                let credential = try await self.reader.ask(helper, server: server)
                return credential.map { .credential($0) } ?? .none
            }
        case .dockerConfig(let path):
            found = try await kept(Key(source: source, server: server), Self.fileLifetime) {
                try await self.reader.dockerConfig(path).lookup(server)
            }
        }
        switch found {
        case .none: return nil
        case .credential(let credential): return credential
        case .helper(let helper): return try await credential(of: .helper(helper), server: server)
        }
    }

    /// The registry refused `credential`: its source is asked again at the next use, though not
    /// again and again where it keeps giving what is refused.
    func refused(_ credential: Credential, server: String) {
        let instant = now()
        entries.withLock { entries in
            for key in entries.keys where key.server == server {
                entries[key]?.drop(credential, at: instant)
            }
        }
    }

    private func kept(
        _ key: Key, _ lifetime: Duration,
        _ ask: @escaping @Sendable () async throws -> DockerConfig.Lookup
    ) async throws -> DockerConfig.Lookup {
        let instant = now()
        let step = entries.withLock { entries in
            entries[key, default: CredentialEntry()].step(at: instant) { id in
                Task { try await self.fetch(key, id: id, lifetime, ask) }
            }
        }
        switch step {
        case .use(let lookup): return lookup
        case .fail(let error): throw error
        case .wait(let flight): return try await flight.value
        }
    }

    private func fetch(
        _ key: Key, id: UInt64, _ lifetime: Duration,
        _ ask: @Sendable () async throws -> DockerConfig.Lookup
    ) async throws -> DockerConfig.Lookup {
        let result: Result<DockerConfig.Lookup, any Error>
        do {
            result = .success(try await ask())
        } catch {
            result = .failure(error)
        }
        let instant = now()
        entries.withLock { $0[key]?.finish(id: id, result, for: lifetime, at: instant) }
        return try result.get()
    }
}
