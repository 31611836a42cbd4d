// Which addresses may be connected to, and how addresses are written.
import NIOCore
import Testing

@testable import Upstream

@Suite("Address policy")
struct AddressPolicyTests {
    static let refused: [(String, String)] = [
        ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("10.255.0.1", "private"),
        ("100.64.0.1", "shared"), ("100.100.100.200", "shared"), ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"), ("168.63.129.16", "metadata"),
        ("169.254.169.254", "link-local"), ("172.16.0.1", "private"),
        ("172.31.255.255", "private"), ("192.0.0.192", "reserved"), ("192.168.1.1", "private"),
        ("198.18.0.1", "reserved"), ("198.19.255.255", "reserved"), ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"), ("::1", "loopback"), ("fe80::1", "link-local"),
        ("febf::1", "link-local"), ("fec0::1", "private"), ("fc00::1", "private"),
        ("fd00:ec2::254", "private"), ("fdff::1", "private"), ("ff02::1", "multicast"),
        ("100::1", "reserved"), ("64:ff9b:1::808:808", "local"),
        ("::127.0.0.1", "loopback (IPv4-compatible)"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a00:1", "private"),
        ("::ffff:0:10.0.0.1", "private (IPv4-translated)"),
        ("64:ff9b::169.254.169.254", "link-local (NAT64)"),
        ("2002:7f00:1::", "loopback (6to4)"), ("2002:a9fe:a9fe::1", "link-local (6to4)"),
        ("2001:0:7f00:1::", "loopback (Teredo)"),
        ("2001:0:808:808:0:0:f5ff:fffe", "private (Teredo)"),
    ]

    @Test("what is not the public internet's is refused", arguments: refused)
    func refuses(address: String, kind: String) throws {
        #expect(AddressPolicy.refusal(of: try #require(IPAddress(address))) == kind)
    }

    @Test(
        "public addresses are allowed, up to the edges of what is not",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
            "126.255.255.255", "128.0.0.0", "168.63.129.17", "169.253.255.255", "169.255.0.0",
            "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
            "198.17.255.255", "198.20.0.0", "223.255.255.255",
            "2606:4700::1111", "2a00:1450::1", "fbff::1", "64:ff9b::808:808", "64:ff9b:2::1",
            "::ffff:8.8.8.8", "2002:808:808::1", "2001:0:808:808:0:0:f7f7:f7f7", "2001:db8::1",
        ])
    func allows(address: String) throws {
        #expect(AddressPolicy.refusal(of: try #require(IPAddress(address))) == nil)
    }

    @Test(
        "odd spellings are the addresses that the system takes them for",
        arguments: [
            ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"), ("0x7f.0.0.1", "127.0.0.1"), ("10.1", "10.0.0.1"),
            ("192.168.257", "192.168.1.1"), ("0", "0.0.0.0"), ("8.8.8.8", "8.8.8.8"),
            ("::FFFF:127.0.0.1", "127.0.0.1"),
        ])
    func spellings(text: String, address: String) throws {
        #expect(IPAddress(anySpelling: text)?.description == address)
    }

    @Test(
        "names are no addresses",
        arguments: ["localhost", "example.com", "1.2.3.4.5", "256.0.0.1", "0x", "a.1", ""])
    func names(text: String) {
        #expect(IPAddress(anySpelling: text) == nil)
    }

    @Test("of a socket the address is taken", arguments: ["10.0.0.1", "fd00::1"])
    func sockets(text: String) throws {
        let socket = try SocketAddress(ipAddress: text, port: 443)
        #expect(IPAddress(socket)?.description == text)
        #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/tmp/s")) == nil)
    }
}
