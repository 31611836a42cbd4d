// Looks names up, as the system does.
import NIOCore
import NIOPosix

/// The addresses of a host within a time; none where it is not found. Throws
/// ``ExchangeTimeout``.
package typealias HostLookup = @Sendable (_ host: String, Duration) async throws -> [IPAddress]

enum SystemLookup {
    /// By getaddrinfo(3) on a thread of NIO's own, the event loop being the timer's alone.
    static func on(_ group: any EventLoopGroup) -> HostLookup {
        { host, timeout in
            let loop = group.any()
            let found = loop.makePromise(of: [SocketAddress].self)
            let end = loop.scheduleTask(in: TimeAmount(timeout)) {
                found.fail(ExchangeTimeout(phase: .connect))
            }
            let resolver = NIORandomizedDNSResolver(loop: loop)
            let addresses6 = resolver.initiateAAAAQuery(host: host, port: 443)
            let addresses4 = resolver.initiateAQuery(host: host, port: 443)
            addresses6.and(addresses4).map { $0 + $1 }.cascade(to: found)
            defer { end.cancel() }
            do {
                return try await found.futureResult.get().compactMap { IPAddress($0) }
            } catch is SocketAddressError {
                return []
            }
        }
    }
}
