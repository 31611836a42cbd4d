// A client that asks for something and then reads nothing.
import Glibc
import NIOPosix

/// A blocking socket with a small receive buffer, so that the server soon cannot send on.
package final class StillClient: Sendable {
    package struct Failure: Error {
        package let operation: String
        package let code: Int32
    }

    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1 and sends a GET; the server closes after its response.
    ///
    /// - Parameter endsInput: whether that is since the sending half is closed, rather than asked
    ///   for.
    package init(port: Int, get path: String, endsInput: Bool = false) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        var size: Int32 = 16 * 1024
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(operation: "connect", code: errno) }
        let close = endsInput ? "" : "Connection: close\r\n"
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(close)\r\n"
        guard send(descriptor, request, request.utf8.count, 0) == request.utf8.count else {
            throw Failure(operation: "send", code: errno)
        }
        if endsInput { shutdown(descriptor, Int32(SHUT_WR)) }
    }

    deinit {
        close(descriptor)
    }

    /// Waits until the response has begun, and takes nothing of it.
    package func waitForFirstByte() async throws {
        _ = try await read(upTo: 1, flags: Int32(MSG_PEEK))
    }

    /// The body, once somebody wants it after all.
    package func readBody() async throws -> [UInt8] {
        var response: [UInt8] = []
        while case let bytes = try await read(upTo: 1 << 20, flags: 0), !bytes.isEmpty {
            response += bytes
        }
        let end = Array("\r\n\r\n".utf8)
        let start = response.indices.first { response[$0...].starts(with: end) }
        return start.map { Array(response[($0 + end.count)...]) } ?? []
    }

    private func read(upTo count: Int, flags: Int32) async throws -> [UInt8] {
        try await BlockingThreads.pool.runIfActive { [self] in
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let received = recv(descriptor, buffer.baseAddress, count, flags)
                if received < 0 { failure = errno }
                filled = max(0, received)
            }
            guard failure == 0 else { throw Failure(operation: "recv", code: failure) }
            return bytes
        }
    }
}
