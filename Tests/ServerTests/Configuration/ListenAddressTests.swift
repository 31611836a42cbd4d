import Testing

@testable import Server

struct ListenAddressTests {
    @Test(arguments: [
        ("0.0.0.0:5000", "0.0.0.0", 5000), ("[::]:5000", "::", 5000), (":5000", "::", 5000),
        ("[FE80::1]:80", "fe80::1", 80), ("localhost:0", "localhost", 0),
        ("[::ffff:127.0.0.1]:65535", "::ffff:127.0.0.1", 65535),
    ])
    func `reads an address`(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(try ListenAddress(parsing: address.description) == address)
    }

    @Test(arguments: [
        ("5000", #"did you mean ":5000"?"#),
        ("0.0.0.0", #"did you mean "0.0.0.0:5000"?"#),
        ("[::1]", #"did you mean "[::1]:5000"?"#),
        ("::1:5000", "an IPv6 address stands in brackets"),
        ("localhost:", "expected a port"),
        ("localhost:65536", "expected a port"),
        ("localhost:http", "expected a port"),
        ("localhost:-1", "expected a port"),
        ("[localhost]:5000", "expected an address or host name"),
        ("[]:5000", "expected an address or host name"),
        ("a b:5000", "expected an address or host name"),
        ("http://localhost:5000", "an IPv6 address stands in brackets"),
    ])
    func `refuses what is not an address`(text: String, hint: String) {
        let error = #expect(throws: InvalidValue.self) { try ListenAddress(parsing: text) }
        #expect(error?.message.contains(hint) == true, "\(error?.message ?? "")")
    }
}
