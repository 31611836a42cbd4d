/// Names and addresses by which a machine reaches nobody but itself.

enum LoopbackHost {
    /// - Parameter host: without brackets or port.
    static func matches(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || isIPv4(host)
    }

    /// 127.0.0.0/8 in its usual spelling (RFC 1122 §3.2.1.3).
    private static func isIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
