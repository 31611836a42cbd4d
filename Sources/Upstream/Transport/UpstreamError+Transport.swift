// What the errors of the HTTP stack mean for an upstream.
import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension UpstreamError {
    /// The error of a request that had no response head yet. Cancellation stays what it is.
    static func beforeHead(_ error: any Error, upstream: String, url: EndpointURL) -> any Error {
        let host = url.origin
        switch error {
        case is CancellationError, is UpstreamError:
            return error
        case let timeout as ExchangeTimeout:
            return timedOut(timeout.phase, upstream: upstream, at: host)
        case let error as HTTPClientError where connectTimeouts.contains(error):
            return timedOut(.connect, upstream: upstream, at: host)
        case is HTTPParserError:
            return UpstreamError(
                upstream: upstream, kind: .malformed, message: "\(host) answered no valid HTTP")
        case let refused as RefusedAddress:
            return UpstreamError(
                upstream: upstream, kind: .refusedAddress,
                message: "\(host) is at \(refused.address) (\(refused.kind)), where Larder "
                    + "does not go (see `allow_private_addresses`)")
        default:
            return UpstreamError(
                upstream: upstream, kind: .unreachable,
                message: "no answer from \(host): \(reason(error))")
        }
    }

    /// The error of a body that broke off.
    static func inBody(_ error: any Error, upstream: String, url: EndpointURL) -> any Error {
        let host = url.origin
        switch error {
        case is CancellationError, is UpstreamError:
            return error
        case let timeout as ExchangeTimeout:
            return timedOut(timeout.phase, upstream: upstream, at: host)
        case let error as HTTPParserError where error != .invalidEOFState:
            return UpstreamError(
                upstream: upstream, kind: .malformed,
                message: "\(host) sent a body that is no valid HTTP")
        default:
            return UpstreamError(
                upstream: upstream, kind: .truncated,
                message: "the body from \(host) broke off: \(reason(error))")
        }
    }

    private static func timedOut(
        _ phase: Phase, upstream: String, at host: EndpointURL.Origin
    ) -> UpstreamError {
        UpstreamError(
            upstream: upstream, kind: .timedOut(phase),
            message: "\(host) did not go on in time (\(phase.rawValue))")
    }

    private static let connectTimeouts: [HTTPClientError] = [
        .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout,
    ]

    /// A few words out of the error, never its whole description, which may hold the URL.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: reason(errno: error.errnoCode)
        case let error as NIOConnectionError: reason(error)
        case NIOSSLError.handshakeFailed(let failure):
            "\(failure)".contains("CERTIFICATE_VERIFY_FAILED")
                ? "TLS certificate not trusted" : "TLS handshake failed"
        case let error as NIOSSLError: "TLS \(error)"
        case is NIOSSLExtraError: "TLS certificate is for another host"
        case is BoringSSLError: "TLS failed"
        case is HTTPParserError, is ChannelError: "connection closed"
        default: "\(type(of: error))"
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.first { return reason(failure.error) }
        return error.dnsAError == nil && error.dnsAAAAError == nil
            ? "connection failed" : "host name not found"
    }

    private static func reason(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE: "connection reset"
        case EHOSTUNREACH, ENETUNREACH: "no route to host"
        case ETIMEDOUT: "connection timed out"
        default: "system error \(code)"
        }
    }
}
