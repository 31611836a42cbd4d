/// Larder's own users, as `auth.htpasswd` has them at the moment.

import Logging
import NIOPosix
import Synchronization
import Upstream

final class Users: Sendable {
    private struct State {
        var path: String?
        var file: PasswordFile?
        var identity: FileVersion?
        /// Passwords that were right, by a hash of user, password and entry.
        var verified: [KeyedHash.Code: ContinuousClock.Instant] = [:]
    }

    private static let verifiedFor = Duration.seconds(300)
    private static let maximumVerified = 10_000

    private let state = Mutex(State())
    let checks = PasswordChecks()
    private let proofs = KeyedHash()
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func shutdown() async {
        await checks.shutdown()
    }

    /// Whether there is a file of users: then only they, and perhaps anonymous, may read.
    var isConfigured: Bool { state.withLock { $0.path != nil } }

    /// Whether the password is the user's.
    ///
    /// - Throws: `PasswordChecks.Overload`.
    func verify(_ credential: Credential) async throws -> Bool {
        let hash = entry(of: credential.username)
        let proof = proof(credential, hash)
        guard !isKnown(proof) else { return true }
        guard try await checks.isRight(credential.password, for: hash) else { return false }
        state.withLock { state in
            // A user who was changed meanwhile is not remembered as he was.
            guard state.file?.entries[credential.username] == hash else { return }
            if state.verified.count >= Self.maximumVerified { state.verified = [:] }
            state.verified[proof] = .now + Self.verifiedFor
        }
        return true
    }

    /// Whether it is, and that was verified within the last five minutes.
    func isVerified(_ credential: Credential) -> Bool {
        isKnown(proof(credential, entry(of: credential.username)))
    }

    private func isKnown(_ proof: KeyedHash.Code) -> Bool {
        state.withLock { $0.verified[proof].map { $0 > .now } ?? false }
    }

    private func proof(_ credential: Credential, _ hash: String?) -> KeyedHash.Code {
        proofs.code(of: credential.username, credential.password.reveal(), hash ?? "")
    }

    /// What tells a user's entry from what it was before; nil where there is no such user.
    func entry(of user: String) -> String? {
        state.withLock { $0.file?.entries[user] }
    }

    // MARK: The file

    /// The same as ``refresh(from:)``, for who must not block.
    func reload(from path: String?) async {
        _ = try? await NIOThreadPool.singleton.runIfActive { self.refresh(from: path) }
    }

    /// Reads the file if it is another one, or was changed. A file with a fault changes nothing
    /// and is told of once. Blocking.
    ///
    /// - Returns: whether there are other users now.
    @discardableResult
    func refresh(from path: String?) -> Bool {
        let version = path.flatMap(FileVersion.init)
        let isKnown = state.withLock { state in
            let isKnown = state.path == path && state.identity == version
            (state.path, state.identity) = (path, version)
            return isKnown
        }
        guard !isKnown else { return false }
        do {
            return replace(by: try path.map(read))
        } catch {
            logger.error(
                "users not reloaded", metadata: ["file": "\(path ?? "")", "error": "\(error)"])
            return false
        }
    }

    private func read(_ path: String) throws -> PasswordFile {
        let bytes = try BoundedFile.contents(of: path, limit: PasswordFile.maximumBytes)
        return try PasswordFile(parsing: String(decoding: bytes, as: UTF8.self))
    }

    private func replace(by file: PasswordFile?) -> Bool {
        let isChanged = state.withLock { state in
            guard state.file != file else { return false }
            (state.file, state.verified) = (file, [:])
            return true
        }
        if isChanged, let file {
            logger.notice("users loaded", metadata: ["users": "\(file.entries.count)"])
        }
        return isChanged
    }
}
