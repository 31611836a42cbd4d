// Loopback ports for the servers that the tests start.

import Glibc
import Synchronization

/// Hands out loopback ports that nothing listens on, each at most once in a test run.
///
/// They lie below Linux's ephemeral range, so that no outgoing connection takes one between the
/// check and the server's start.
enum FreePort {
    private static let handedOut = Mutex<Set<UInt16>>([])

    /// A free port.
    static func next() -> UInt16 {
        while true {
            let port = UInt16.random(in: 15_000..<32_000)
            let isNew = handedOut.withLock { $0.insert(port).inserted }
            if isNew, canBind(port) { return port }
        }
    }

    private static func canBind(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return LoopbackAddress(port: port).withSockaddr { bind(descriptor, $0, $1) } == 0
    }
}

/// 127.0.0.1 and a port, as the socket calls want it.
struct LoopbackAddress {
    let port: UInt16

    /// Calls `body` with this address as a `sockaddr` and its length.
    func withSockaddr(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
