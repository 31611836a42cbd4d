// The requests a scripted registry has seen, and waiting for one without sleeping.
import Synchronization

package struct RecordedRequest: Sendable {
    package var method: String
    /// Path and query as they were sent.
    package var uri: String
    package var headers: [(name: String, value: String)]
    package var body = ""
    /// Nil until a response head was sent.
    package var status: Int?
    /// Bytes of the body that were sent.
    package var bodyBytes = 0
    /// Whether the response was sent to its end.
    package var isAnswered = false

    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package var path: String { String(uri.prefix { $0 != "?" }) }
}

package final class RequestLog: Sendable {
    private struct Waiter {
        var id: Int
        var matcher: RequestMatcher
        var count: Int
        var isMet: @Sendable (RecordedRequest) -> Bool
        var continuation: CheckedContinuation<RecordedRequest, any Error>
    }

    private struct State {
        var requests: [RecordedRequest] = []
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    package var all: [RecordedRequest] { state.withLock { $0.requests } }

    package func matching(_ matcher: RequestMatcher) -> [RecordedRequest] {
        all.filter(matcher.matches)
    }

    package func count(_ method: String? = nil, _ pathContains: String? = nil) -> Int {
        matching(RequestMatcher(method, pathContains)).count
    }

    package func removeAll() {
        state.withLock { $0.requests.removeAll() }
    }

    /// Waits until `count` matching requests have come in, and gives the last of them.
    ///
    /// - Throws: ``WaitTimeout`` after 30 s.
    @discardableResult
    package func wait(for matcher: RequestMatcher, count: Int = 1) async throws -> RecordedRequest {
        try await wait(for: matcher, count: count) { _ in true }
    }

    /// Waits until `count` matching requests have been answered to the end.
    @discardableResult
    package func waitUntilAnswered(
        _ matcher: RequestMatcher, count: Int = 1
    ) async throws -> RecordedRequest {
        try await wait(for: matcher, count: count) { $0.isAnswered }
    }

    private func wait(
        for matcher: RequestMatcher, count: Int,
        until isMet: @escaping @Sendable (RecordedRequest) -> Bool
    ) async throws -> RecordedRequest {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let deadline = Task {
            try await Task.sleep(for: .seconds(30))
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(throwing: WaitTimeout(matcher: matcher))
        }
        defer { deadline.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            let waiter = Waiter(
                id: id, matcher: matcher, count: count, isMet: isMet, continuation: continuation)
            state.withLock { $0.waiters.append(waiter) }
            resumeWaiters()
        }
    }

    /// The number by which the request is updated.
    func append(_ request: RecordedRequest) -> Int {
        defer { resumeWaiters() }
        return state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
    }

    func update(_ number: Int, _ change: (inout RecordedRequest) -> Void) {
        state.withLock { state in
            if state.requests.indices.contains(number) { change(&state.requests[number]) }
        }
        resumeWaiters()
    }

    private func resumeWaiters() {
        let resumed = state.withLock { state in
            var resumed: [(Waiter, RecordedRequest)] = []
            let requests = state.requests
            state.waiters.removeAll { waiter in
                let matches = requests.filter { waiter.matcher.matches($0) && waiter.isMet($0) }
                guard matches.count >= waiter.count, let last = matches.last else { return false }
                resumed.append((waiter, last))
                return true
            }
            return resumed
        }
        for (waiter, request) in resumed { waiter.continuation.resume(returning: request) }
    }
}

/// What was waited for did not happen.
package struct WaitTimeout: Error {
    package var matcher: RequestMatcher
}
