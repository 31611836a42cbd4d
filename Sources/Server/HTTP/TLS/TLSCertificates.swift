/// The certificate that new connections get, exchanged when its files change.

import Glibc
import Logging
import NIOPosix
import NIOSSL
import Synchronization

/// Connections keep the context they began with: a download outlasts the certificate it was
/// begun with.
final class TLSCertificates: Sendable {
    private struct State {
        var identity: TLSIdentity
        /// The contents looked at last, in use or refused.
        var contents: TLSContents
        /// What was told last; nil where all is well.
        var problem: TLSProblem?
    }

    private let settings: TLSSettings
    private let files: TLSFiles
    private let logger: Logger
    private let state: Mutex<State>

    /// Blocks on files.
    ///
    /// - Throws: `TLSProblem`
    init(_ settings: TLSSettings, files: TLSFiles, logger: Logger) throws(TLSProblem) {
        self.settings = settings
        self.files = files
        self.logger = logger
        let contents = try TLSContents(files)
        let identity = try TLSIdentity(settings, contents)
        state = Mutex(State(identity: identity, contents: contents))
    }

    var context: NIOSSLContext { state.withLock { $0.identity.context } }

    /// Unix seconds.
    var notAfter: Int64 { state.withLock { $0.identity.notAfter } }

    /// Takes over what the files hold: they are small, and links to them change as well. What
    /// cannot be used is told once and changes nothing.
    func reload() async {
        let outcome = try? await NIOThreadPool.singleton.runIfActive { self.refresh() }
        switch outcome {
        case .success(true):
            logger.notice(
                "certificate reloaded", metadata: ["not_after": "\(Timestamp(notAfter))"])
            warnOfExpiry()
        case .failure(let problem) where isNew(problem):
            logger.error("certificate not reloaded", metadata: ["error": "\(problem)"])
        case .success(false), .failure, nil: break
        }
    }

    private func isNew(_ problem: TLSProblem) -> Bool {
        state.withLock { state in
            defer { state.problem = problem }
            return state.problem != problem
        }
    }

    /// Whether there was something new. Blocks on files.
    private func refresh() -> Result<Bool, TLSProblem> {
        Result { () throws(TLSProblem) in
            let contents = try TLSContents(files)
            let isNew = state.withLock { state in
                defer { state.contents = contents }
                return state.contents != contents
            }
            guard isNew else { return false }
            let identity = try TLSIdentity(settings, contents)
            state.withLock { state in
                state.identity = identity
                state.problem = nil
            }
            return true
        }
    }

    func warnOfExpiry() {
        let identity = state.withLock { $0.identity }
        guard
            let warning = identity.expiryWarning(at: Int64(time(nil)), file: files.certificate)
        else { return }
        logger.warning("certificate out of its time", metadata: ["problem": "\(warning)"])
    }
}
