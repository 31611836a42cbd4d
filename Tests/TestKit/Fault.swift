// What a scripted registry does otherwise than a good one, and to which requests.
import Foundation
import Synchronization

/// One deviation. Several that match one request are applied in the order they were added.
package enum Fault: Sendable {
    /// Answers this instead.
    case respond(status: Int, headers: [(String, String)] = [], body: String = "")
    case redirect(to: String, status: Int = 307)
    /// Closes the connection after so many bytes of the body.
    case truncate(after: Int)
    /// Sends so many bytes of the body, then waits until the gate is released.
    case stall(after: Int, gate: String = "stall")
    /// Waits until the gate is released before the response head.
    case hang(gate: String = "hang")
    /// Closes the connection before the response head.
    case close
    /// Flips the bits of the byte at this offset.
    case corrupt(at: Int)
    case body([UInt8])
    /// Sends so many bytes at a time, so far apart.
    case drip(bytes: Int, every: Duration)
    /// Announces a Content-Length that differs from the body's by so much, and closes at the end.
    case misstateLength(by: Int)
    /// Sends the body chunked, without Content-Length.
    case chunked
    /// Sends the body without Content-Length, ended by closing the connection.
    case untilClose
    /// Answers a Range request with 200 and the whole.
    case ignoreRange
    case setHeader(String, String)
    case removeHeader(String)
}

/// Which requests are meant: all properties must match, nil matches any.
package struct RequestMatcher: Sendable {
    package var method: String?
    package var pathContains: String?
    package var hasRange: Bool?
    /// A `user:password` that is sent as Basic.
    package var basic: String?

    package init(
        _ method: String? = nil, _ pathContains: String? = nil, hasRange: Bool? = nil,
        basic: String? = nil
    ) {
        self.method = method
        self.pathContains = pathContains
        self.hasRange = hasRange
        self.basic = basic
    }

    package func matches(_ request: RecordedRequest) -> Bool {
        (method == nil || method == request.method)
            && (pathContains.map { request.uri.contains($0) } ?? true)
            && (hasRange == nil || hasRange == (request.header("range") != nil))
            && (basic.map { request.header("authorization") == Self.header($0) } ?? true)
    }

    private static func header(_ credential: String) -> String {
        "Basic \(Data(credential.utf8).base64EncodedString())"
    }
}

struct FaultRule: Sendable {
    var matcher: RequestMatcher
    var fault: Fault
    /// How many requests it is still applied to; nil for all.
    var uses: Int?
}

extension ScriptedRegistry {
    /// - Parameter uses: how many requests it is applied to; nil for all.
    package func inject(_ fault: Fault, on matcher: RequestMatcher, uses: Int? = nil) {
        state.withLock { $0.faults.append(FaultRule(matcher: matcher, fault: fault, uses: uses)) }
    }

    package func removeFaults() {
        state.withLock { $0.faults.removeAll() }
    }

    /// The faults for a request, each counted as used.
    func takeFaults(for request: RecordedRequest) -> [Fault] {
        state.withLock { state in
            var taken: [Fault] = []
            for index in state.faults.indices where state.faults[index].matcher.matches(request) {
                let uses = state.faults[index].uses
                guard uses != 0 else { continue }
                state.faults[index].uses = uses.map { $0 - 1 }
                taken.append(state.faults[index].fault)
            }
            return taken
        }
    }
}
