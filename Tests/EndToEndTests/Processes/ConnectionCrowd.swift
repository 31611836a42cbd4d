// Many connections that do nothing by themselves.

import Foundation
import Glibc
import NIOPosix

/// Sockets to a port of 127.0.0.1, closed together.
final class ConnectionCrowd: Sendable {
    private let descriptors: [Int32]

    /// Takes as many descriptors as the process may have.
    static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// - Parameter greeting: sent by each as soon as it is connected.
    static func connect(
        _ count: Int, to port: UInt16, sending greeting: @escaping @Sendable (Int) -> String
    ) async throws -> ConnectionCrowd {
        try await NIOThreadPool.singleton.runIfActive {
            var descriptors: [Int32] = []
            do {
                for index in 0..<count {
                    descriptors.append(try connection(to: port, sending: greeting(index)))
                }
            } catch {
                for descriptor in descriptors { close(descriptor) }
                throw error
            }
            return ConnectionCrowd(descriptors)
        }
    }

    private init(_ descriptors: [Int32]) {
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func connection(to port: UInt16, sending greeting: String) throws -> Int32 {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw ToolFailure(command: ["socket"], reason: String(cString: strerror(errno)))
        }
        let connected = LoopbackAddress(port: port).withSockaddr {
            Glibc.connect(descriptor, $0, $1)
        }
        let sent = send(descriptor, greeting, greeting.utf8.count, Int32(MSG_NOSIGNAL))
        guard connected == 0, greeting.isEmpty || sent == greeting.utf8.count else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw ToolFailure(command: ["connect"], reason: reason)
        }
        return descriptor
    }

    /// How many answered with each status; those that were closed without an answer are 0.
    func statuses() async throws -> [Int: Int] {
        try await NIOThreadPool.singleton.runIfActive { [descriptors] in
            descriptors.reduce(into: [:]) { counts, descriptor in
                var buffer = [UInt8](repeating: 0, count: 1024)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
                let words = text.split(separator: " ", maxSplits: 2)
                counts[words.count > 1 ? Int(words[1]) ?? 0 : 0, default: 0] += 1
            }
        }
    }
}
