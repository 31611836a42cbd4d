// A connection to a port of 127.0.0.1 of which a test decides what is sent when.
import Glibc
import NIOPosix

/// A blocking socket.
package final class RawClient: Sendable {
    package struct Failure: Error {
        package let operation: String
        package let code: Int32
    }

    private let descriptor: Int32

    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let code = errno
            close(descriptor)
            throw Failure(operation: "connect", code: code)
        }
    }

    deinit {
        close(descriptor)
    }

    /// What a few bytes more than the socket takes would block.
    package func send(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(operation: "send", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    package func endInput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// All up to the end of the connection, be it a reset.
    package func readToEnd() async throws -> [UInt8] {
        try await BlockingThreads.pool.runIfActive { [self] in
            var bytes: [UInt8] = []
            while case let part = try read(), !part.isEmpty { bytes += part }
            return bytes
        }
    }

    /// What comes first.
    package func readSome() async throws -> [UInt8] {
        try await BlockingThreads.pool.runIfActive { [self] in try read() }
    }

    private func read() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 || errno == ECONNRESET else {
            throw Failure(operation: "recv", code: errno)
        }
        return Array(buffer.prefix(max(0, count)))
    }
}
