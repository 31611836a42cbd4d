// A TCP relay that stops passing bytes on at a chosen point, until it is told to go on.

import Foundation
import Glibc
import Synchronization

/// Relays a loopback port to another one and, once it has passed `limit` bytes back to its
/// clients, holds every connection open and silent: an upstream that hangs in mid-body, at a
/// point known in advance.
final class Relay: Sendable {
    /// Where clients connect.
    let port: UInt16
    private let target: UInt16
    private let limit: Int
    private let listener: Int32
    private let state = Mutex(State())
    /// Signalled when the silence ends.
    private let goesOn = NSCondition()

    private struct State {
        var passed = 0
        var sockets: [Int32] = []
        /// Threads that may still use a socket: the one that accepts, and two per connection.
        var threads = 1
        var isReleased = false
        var isClosed = false
    }

    /// Runs `body` with a relay to `target`, then closes all of its connections.
    static func running<Value>(
        to target: UInt16, holdingAfter limit: Int, _ body: (Relay) async throws -> Value
    ) async throws -> Value {
        let relay = try Relay(target: target, limit: limit)
        defer { relay.shutDown() }
        return try await body(relay)
    }

    /// Whether the limit is reached and the relay is silent.
    var isHolding: Bool { state.withLock { $0.passed >= limit && !$0.isReleased } }

    /// Passes everything on from here on.
    func release() {
        state.withLock { $0.isReleased = true }
        goesOn.withLock { goesOn.broadcast() }
    }

    private init(target: UInt16, limit: Int) throws {
        port = FreePort.next()
        self.target = target
        self.limit = limit
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = descriptor
        let bound = LoopbackAddress(port: port).withSockaddr { bind(descriptor, $0, $1) }
        guard bound == 0, listen(descriptor, 64) == 0 else {
            close(descriptor)
            throw ToolFailure(command: ["relay"], reason: "cannot listen, errno \(errno)")
        }
        state.withLock { $0.sockets = [descriptor] }
        Thread.detachNewThread { [self] in acceptClients() }
    }

    /// Wakes every thread; the last one closes the sockets.
    private func shutDown() {
        state.withLock { state in
            state.isClosed = true
            for descriptor in state.sockets { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        goesOn.withLock { goesOn.broadcast() }
    }

    /// Counts a thread as done. Sockets are closed only once no thread is left, so that none
    /// meets a number that has been given to another file.
    private func threadEnds() {
        state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return }
            for descriptor in state.sockets { close(descriptor) }
            state.sockets = []
        }
    }

    private func acceptClients() {
        while case let client = accept(listener, nil, nil), client >= 0 {
            let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let connected = LoopbackAddress(port: target).withSockaddr { connect(upstream, $0, $1) }
            guard connected == 0, register([client, upstream]) else {
                close(client)
                close(upstream)
                continue
            }
            Thread.detachNewThread { [self] in copy(from: client, to: upstream, counting: false) }
            Thread.detachNewThread { [self] in copy(from: upstream, to: client, counting: true) }
        }
        threadEnds()
    }

    private func register(_ sockets: [Int32]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.sockets += sockets
            state.threads += 2
            return true
        }
    }

    /// Copies until either side closes; waits where the limit is reached.
    private func copy(from source: Int32, to destination: Int32, counting: Bool) {
        defer { threadEnds() }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            if counting { waitWhileHolding() }
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0, sendAll(buffer[..<count], to: destination) else { break }
            if counting { state.withLock { $0.passed += count } }
        }
        shutdown(source, Int32(SHUT_RD))
        shutdown(destination, Int32(SHUT_WR))
    }

    private func waitWhileHolding() {
        goesOn.withLock {
            while isHolding, state.withLock({ !$0.isClosed }) { goesOn.wait() }
        }
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
