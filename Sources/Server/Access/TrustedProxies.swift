/// The proxies whose word is taken for who asks.

import Upstream

struct TrustedProxies: Sendable {
    private let networks: [IPNetwork]

    init(_ networks: [IPNetwork]) {
        self.networks = networks
    }

    func contains(_ address: IPAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }

    /// The rightmost address that is not a trusted proxy's: whatever stands further left, a client
    /// may have written itself. What is no address ends the search.
    ///
    /// - Parameters:
    ///   - peer: a trusted proxy.
    ///   - chain: as `X-Forwarded-For` has it, the nearest last.
    func client(behind peer: IPAddress, _ chain: [String]) -> IPAddress {
        var client = peer
        for text in chain.reversed() {
            guard let address = Self.address(text) else { break }
            client = address
            guard contains(address) else { break }
        }
        return client
    }

    /// Some proxies write ports: `192.0.2.1:80`, `[2001:db8::1]:80`.
    private static func address(_ text: String) -> IPAddress? {
        if let address = IPAddress(text) { return address }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        return text.firstIndex(of: ":").flatMap { IPAddress(String(text[..<$0])) }
    }
}
