// Counts the HTTP requests sent upstream on behalf of one client request.
import Synchronization

package enum UpstreamCalls {
    /// The counter of the client request being answered; child tasks inherit it.
    @TaskLocal package static var counter: CallCounter?
}

/// A count of HTTP requests, tokens, redirects and repetitions included.
package final class CallCounter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    func increment() {
        count.add(1, ordering: .relaxed)
    }
}
