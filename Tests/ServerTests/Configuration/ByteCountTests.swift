import Testing

@testable import Server

struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("1073741824", 1_073_741_824), ("100B", 100), ("1k", 1000), ("1KB", 1000),
        ("1KiB", 1024), ("500MB", 500_000_000), ("10GB", 10_000_000_000),
        ("50GiB", 53_687_091_200), ("50 GiB", 53_687_091_200), ("50gib", 53_687_091_200),
        ("2Gi", 2_147_483_648), ("1T", 1_000_000_000_000), ("1TiB", 1_099_511_627_776),
        ("9223372036854775807", Int64.max),
    ])
    func `reads a size`(text: String, bytes: Int64) throws {
        #expect(try ByteCount(parsing: text) == ByteCount(bytes))
    }

    @Test(arguments: [
        "", "GiB", "-1GiB", "1.5GiB", "50GiBs", "50 lightyears", "1i", "1iB", "1_000", "0x10",
        " 1", "1PiB", "9223372036854775808", "99999999TiB", "٣GiB", "1G iB",
    ])
    func `refuses what is not a size`(text: String) {
        #expect(throws: InvalidValue.self) { try ByteCount(parsing: text) }
    }

    @Test(
        arguments: [
            (0, "0B"), (1, "1B"), (1000, "1KB"), (1024, "1KiB"), (1_073_741_824, "1GiB"),
            (500_000_000, "500MB"), (1025, "1025B"), (1536, "1536B"),
            (1_024_000, "1000KiB"),
        ] as [(Int64, String)])
    func `prints what reads back`(bytes: Int64, text: String) throws {
        #expect(ByteCount(bytes).description == text)
        #expect(try ByteCount(parsing: text).bytes == bytes)
    }

    @Test(arguments: [
        ("50GiB", CacheSize.bytes(ByteCount(53_687_091_200))), ("80%", .percent(80)),
        ("1%", .percent(1)), ("100%", .percent(100)),
    ])
    func `reads the size of a cache`(text: String, size: CacheSize) throws {
        #expect(try CacheSize(parsing: text) == size)
        #expect(try CacheSize(parsing: size.description) == size)
    }

    @Test(arguments: ["0", "0GiB", "0%", "101%", "-5%", "8.5%", "%", "50x"])
    func `refuses a cache of no size`(text: String) {
        #expect(throws: InvalidValue.self) { try CacheSize(parsing: text) }
    }
}
