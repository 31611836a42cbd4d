// A TCP relay between Larder and its upstream that breaks what passes through it.

import Foundation
import Glibc
import Synchronization

/// Relays a loopback port to another one, and does to the bytes that come back what its `Fault`
/// says.
final class Relay: Sendable {
    enum Fault: Sendable, Equatable {
        /// Passes everything on; connections break when the test says so.
        case none
        /// Holds every connection open and silent once so many bytes came back, over all of them:
        /// an upstream that hangs in mid-body, at a point known in advance.
        case holding(after: Int)
        /// Ends each connection once so many bytes came back on it.
        case cutting(every: Int)
    }

    /// Where clients connect.
    let port: UInt16
    private let target: UInt16
    private let fault: Fault
    private let listener: Int32
    private let state = Mutex(State())
    /// Signalled when the silence ends.
    private let goesOn = NSCondition()

    private struct State {
        var passed = 0
        var cuts = 0
        var connections: [ObjectIdentifier: RelayConnection] = [:]
        var isReleased = false
        var isClosed = false
    }

    /// Runs `body` with a relay to `target`, then closes all of its connections.
    static func running<Value>(
        to target: UInt16, _ fault: Fault, _ body: (Relay) async throws -> Value
    ) async throws -> Value {
        let relay = try Relay(target: target, fault)
        defer { relay.shutDown() }
        return try await body(relay)
    }

    /// Whether the limit is reached and the relay is silent.
    var isHolding: Bool {
        guard case .holding(let limit) = fault else { return false }
        return state.withLock { $0.passed >= limit && !$0.isReleased }
    }

    /// Bytes passed back so far, over all connections.
    var passedBytes: Int { state.withLock { $0.passed } }

    /// How many connections were ended by a limit.
    var cuts: Int { state.withLock { $0.cuts } }

    /// Passes everything on from here on.
    func release() {
        state.withLock { $0.isReleased = true }
        goesOn.withLock { goesOn.broadcast() }
    }

    /// Ends every connection there is, in whatever it is doing.
    func cutConnections() {
        state.withLock { state in
            for connection in state.connections.values { connection.shutDown() }
        }
    }

    private init(target: UInt16, _ fault: Fault) throws {
        port = FreePort.next()
        self.target = target
        self.fault = fault
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let bound = LoopbackAddress(port: port).withSockaddr { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else {
            close(listener)
            throw ToolFailure(command: ["relay"], reason: "cannot listen, errno \(errno)")
        }
        Thread.detachNewThread { [self] in acceptClients() }
    }

    private func shutDown() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cutConnections()
        goesOn.withLock { goesOn.broadcast() }
    }

    private func acceptClients() {
        while case let client = accept(listener, nil, nil), client >= 0 {
            let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let connected = LoopbackAddress(port: target).withSockaddr { connect(upstream, $0, $1) }
            let connection = RelayConnection(client: client, upstream: upstream)
            guard connected == 0, register(connection) else { continue }
            Thread.detachNewThread { [self] in
                connection.copy(from: client, to: upstream) { $0 }
                end(connection)
            }
            Thread.detachNewThread { [self] in
                var passed = 0
                connection.copy(from: upstream, to: client) { count in
                    waitWhileHolding()
                    return account(count, ofConnection: &passed)
                }
                end(connection)
            }
        }
        close(listener)
    }

    private func register(_ connection: RelayConnection) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.connections[ObjectIdentifier(connection)] = connection
            return true
        }
    }

    private func end(_ connection: RelayConnection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = nil }
    }

    /// - Returns: how many of `count` bytes may still pass on this connection.
    private func account(_ count: Int, ofConnection passed: inout Int) -> Int {
        var allowed = count
        if case .cutting(let limit) = fault { allowed = min(count, limit - passed) }
        passed += allowed
        state.withLock { state in
            state.passed += allowed
            state.cuts += allowed < count ? 1 : 0
        }
        return allowed
    }

    private func waitWhileHolding() {
        goesOn.withLock {
            while isHolding, state.withLock({ !$0.isClosed }) { goesOn.wait() }
        }
    }
}

/// The two sockets of one relayed connection; closed when nobody uses them any more, so that no
/// thread meets a number that has been given to another file.
private final class RelayConnection: Sendable {
    private let client: Int32
    private let upstream: Int32

    init(client: Int32, upstream: Int32) {
        self.client = client
        self.upstream = upstream
    }

    deinit {
        close(client)
        close(upstream)
    }

    func shutDown() {
        for descriptor in [client, upstream] { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Copies until either side closes, or until fewer bytes may pass than have come: then both
    /// sides are ended behind those that may.
    /// - Parameter permit: given a number of bytes, how many of them may pass.
    func copy(from source: Int32, to destination: Int32, permit: (Int) -> Int) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let permitted = permit(count)
            guard sendAll(buffer[..<permitted], to: destination) else { break }
            if permitted < count {
                shutdown(destination, Int32(SHUT_RD))
                shutdown(source, Int32(SHUT_WR))
                break
            }
        }
        shutdown(source, Int32(SHUT_RD))
        shutdown(destination, Int32(SHUT_WR))
    }

    private func sendAll(_ bytes: ArraySlice<UInt8>, to destination: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = send(
                    destination, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
