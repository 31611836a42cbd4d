// Bearer tokens by key, each fetched once however many requests wait for it (R58, R65).
import Synchronization

final class TokenCache: Sendable {
    typealias Now = @Sendable () -> ContinuousClock.Instant
    typealias Fetch = @Sendable () async throws -> Token

    private let entries = Mutex(TokenTable())
    private let now: Now

    /// - Parameter now: a monotonic clock, so that a jump of the wall clock changes nothing (R49).
    init(now: @escaping Now = { ContinuousClock.now }) {
        self.now = now
    }

    /// The token of `key`: the kept one until shortly before its end, then a new one by `fetch`.
    ///
    /// Concurrent callers share one fetch and its outcome. Where a refresh fails although the kept
    /// token has not ended yet, the kept token is given.
    func token(for key: TokenKey, fetch: @escaping Fetch) async throws -> Secret {
        let instant = now()
        let step = entries.withLock { table in
            table.step(for: key, now: instant) { id in
                Task { try await self.refresh(key, id: id, fetch: fetch) }
            }
        }
        switch step {
        case .use(let value):
            return value
        case .wait(let flight, let fallback):
            do {
                return try await flight.value
            } catch {
                guard let fallback else { throw error }
                return fallback
            }
        }
    }

    /// Tokens that have not ended.
    var held: Int { entries.withLock { $0.held(at: now()) } }

    /// Forgets the token of `key` if it is still `value`: of many requests that were refused with
    /// one token, the first causes the refresh and the others find the new one.
    func invalidate(_ value: Secret, for key: TokenKey) {
        entries.withLock { $0.invalidate(value, for: key) }
    }

    private func refresh(_ key: TokenKey, id: UInt64, fetch: Fetch) async throws -> Secret {
        do {
            let token = try await fetch()
            let instant = now()
            entries.withLock { $0.finish(key, id: id, token: token, now: instant) }
            return token.value
        } catch {
            entries.withLock { $0.finish(key, id: id, token: nil, now: now()) }
            throw error
        }
    }
}
