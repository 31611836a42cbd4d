// The HTTP clients that all upstreams share, and how one request is sent.
import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Follows no redirect and authenticates nothing: a request, its response.
package final class HTTPTransport: Sendable {
    /// Whether a host may have any address, or must be one of the public internet (R70).
    enum Destination: Sendable {
        /// The configuration says so.
        case configured
        /// An upstream named it: a redirect's target, or a realm on another host.
        case named
    }

    /// What the HTTP client takes once, for all of its requests.
    private struct ClientKey: Hashable {
        var destination: Destination
        var route: Route
    }

    private struct State {
        var clients: [ClientKey: HTTPClient] = [:]
        var isShutDown = false
    }

    private let state = Mutex(State())
    private let eventLoopGroup: any EventLoopGroup
    private let userAgent: String
    private let addresses: AddressCheck

    /// - Parameters:
    ///   - eventLoopGroup: runs the connections; outlives the transport.
    ///   - userAgent: such as `larder/1.0`.
    ///   - lookUp: of the names that upstreams lead to; nil for the system's.
    package init(
        eventLoopGroup: any EventLoopGroup, userAgent: String = "larder",
        lookUp: HostLookup? = nil
    ) {
        addresses = AddressCheck(lookUp: lookUp ?? SystemLookup.on(eventLoopGroup))
        self.eventLoopGroup = eventLoopGroup
        self.userAgent = userAgent
    }

    /// Ends all requests and closes all connections. To be called once, before the end.
    package func shutdown() async throws {
        let clients = state.withLock { state in
            state.isShutDown = true
            defer { state.clients = [:] }
            return Array(state.clients.values)
        }
        var failure: (any Error)?
        for client in clients {
            do { try await client.shutdown() } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// One for each kind of destination and each route, made at its first use and kept.
    private func client(_ key: ClientKey) throws -> HTTPClient {
        try state.withLock { state in
            guard !state.isShutDown else { throw HTTPClientError.alreadyShutdown }
            if let client = state.clients[key] { return client }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(eventLoopGroup),
                configuration: Self.configuration(key))
            state.clients[key] = client
            return client
        }
    }

    /// Where the preferred kind of address cannot be connected to, any is (`prefer_ip`).
    ///
    /// - Throws: ``RefusedAddress`` where the destination has to be public and is not, before
    ///   anything of the request is sent.
    func send(_ request: TransportRequest, to destination: Destination) async throws
        -> TransportResponse
    {
        if destination == .named {
            try await addresses.require(
                request.url.origin.host, isProxied: request.route.proxy != nil,
                within: request.timeouts.connect)
        }
        do {
            return try await send(request, to: destination, over: request.route)
        } catch  where request.route.addresses != .any && Self.isUnconnected(error) {
            return try await send(request, to: destination, over: Route(proxy: request.route.proxy))
        }
    }

    private func send(
        _ request: TransportRequest, to destination: Destination, over route: Route
    ) async throws -> TransportResponse {
        let client = try client(ClientKey(destination: destination, route: route))
        let sent = try clientRequest(request)
        for attempt in 1... {
            UpstreamCalls.counter?.increment()
            do {
                let (head, body) = try await Exchange.start(
                    sent, on: client, timeouts: request.timeouts, total: request.total)
                return TransportResponse(
                    url: request.url, status: Int(head.status.code), headers: head.headers,
                    body: body)
            } catch  where attempt == 1 && Self.isClosedConnection(error) {
                // A kept connection may be closed by its server just as it is used again. GET, HEAD
                // and asking for a token once more may be repeated (RFC 9110 §9.2.2).
                continue
            }
        }
        throw HTTPClientError.remoteConnectionClosed
    }

    private func clientRequest(_ request: TransportRequest) throws -> HTTPClient.Request {
        var headers = request.headers
        headers.replaceOrAdd(name: "user-agent", value: userAgent)
        headers.replaceOrAdd(name: "accept-encoding", value: "identity")
        return try HTTPClient.Request(
            url: request.url.absoluteString,
            method: request.method,
            headers: headers,
            body: request.body.map { .string($0) },
            tlsConfiguration: request.tls)
    }

    private static func isUnconnected(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: true
        case let error as IOError: connectErrors.contains(error.errnoCode)
        case let error as HTTPClientError: error == .connectTimeout
        case let timeout as ExchangeTimeout: timeout.phase == .connect
        default: false
        }
    }

    /// Of a host that is written as an address.
    private static let connectErrors: Set<CInt> = [
        EAFNOSUPPORT, EADDRNOTAVAIL, EINVAL, ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, ETIMEDOUT,
    ]

    private static func isClosedConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let error as ChannelError: error == .ioOnClosedChannel
        default: false
        }
    }

    private static func configuration(_ key: ClientKey) -> HTTPClient.Configuration {
        let route = key.route
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            // A backstop: each exchange has a connect time-out of its own.
            timeout: .init(connect: .seconds(60)),
            proxy: route.proxy.map { proxy in
                .server(
                    host: proxy.host, port: proxy.port,
                    authorization: proxy.credential.map { credential in
                        .basic(
                            username: credential.username, password: credential.password.reveal())
                    })
            },
            decompression: .disabled)
        configuration.localAddress = route.addresses.localAddress
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        let isChecked = key.destination == .named && route.proxy == nil
        configuration.http1_1ConnectionDebugInitializer = { channel in
            if isChecked {
                do {
                    try AddressCheck.require(channel)
                } catch {
                    // The pool has to be told of the failure before it is told of the end.
                    channel.eventLoop.execute { channel.close(promise: nil) }
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
            return channel.setOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBytes)
            ).flatMap { UnreadBytesHandler.add(to: channel) }
        }
        return configuration
    }

    /// Bytes per read of the socket: large bodies cost half the CPU of the default's 64 KiB.
    private static let receiveBytes = 512 * 1024
}
