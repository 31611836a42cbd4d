// Bytes to a port of 127.0.0.1 and all that comes back, with nothing in between.
import Glibc
import NIOPosix

/// A blocking socket on a thread of its own.
package enum RawExchange {
    package struct Failure: Error {
        package let operation: String
        package let code: Int32
    }

    /// Sends `request`, and reads until the server closes.
    ///
    /// - Parameter endsInput: whether the sending half is closed behind the request.
    package static func run(
        port: Int, _ request: String, endsInput: Bool = false
    ) async throws -> [UInt8] {
        try await NIOThreadPool.singleton.runIfActive {
            let descriptor = try connect(port)
            defer { close(descriptor) }
            var rest = Array(request.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(operation: "send", code: errno) }
                rest = rest.dropFirst(count)
            }
            if endsInput { shutdown(descriptor, Int32(SHUT_WR)) }
            return try readAll(descriptor)
        }
    }

    private static func connect(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(operation: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            throw Failure(operation: "connect", code: errno)
        }
        return descriptor
    }

    private static func readAll(_ descriptor: Int32) throws -> [UInt8] {
        var response: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure(operation: "recv", code: errno) }
            if count == 0 { return response }
            response += buffer[..<count]
        }
    }
}
