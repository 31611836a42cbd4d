import Testing

@testable import Server

struct ReadableTests {
    @Test(
        "Sizes are in the unit that keeps them short",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_048_575, "1023.9 KiB"), (1_048_576, "1.0 MiB"), (53_687_091_200, "50.0 GiB"),
            (2_199_023_255_552, "2.0 TiB"), (.max, "8191.9 PiB"), (-5, "0 B"),
        ] as [(Int64, String)])
    func sizes(bytes: Int64, text: String) {
        #expect(Readable.size(bytes) == text)
    }

    @Test(
        "Ages are in the largest unit of which there are two",
        arguments: [
            (-5, "now"), (0, "now"), (1, "1 s ago"), (119, "119 s ago"), (120, "2 min ago"),
            (7199, "119 min ago"), (7200, "2 h ago"), (172_799, "47 h ago"),
            (172_800, "2 d ago"), (86_400 * 60, "60 d ago"), (86_400 * 61, "2 months ago"),
            (86_400 * 731, "2 years ago"),
        ] as [(Int64, String)])
    func ages(seconds: Int64, text: String) {
        #expect(Readable.age(Timestamp(1_000_000_000 - seconds), at: 1_000_000_000) == text)
    }

    @Test("What never was has no age")
    func never() {
        #expect(Readable.age(nil, at: 5) == "-")
    }

    @Test(
        "Shares are never rounded up to all of it",
        arguments: [
            (nil, "-"), (0, "0.0%"), (0.5, "50.0%"), (0.99999, "99.9%"), (1, "100.0%"),
            (2, "100.0%"), (.nan, "-"),
        ] as [(Double?, String)])
    func percents(share: Double?, text: String) {
        #expect(Readable.percent(share) == text)
    }

    @Test(
        "Thousands are set apart",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"),
            (-12_345, "-12,345"),
        ] as [(Int64, String)])
    func counts(number: Int64, text: String) {
        #expect(Readable.count(number) == text)
    }

    @Test("One is no plural")
    func nouns() {
        #expect(Readable.count(1, "tag") == "1 tag")
        #expect(Readable.count(0, "tag") == "0 tags")
    }

    @Test("A digest is shortened to its algorithm and twelve digits")
    func digests() {
        #expect(Readable.shortDigest("sha256:0123456789abcdef0") == "sha256:0123456789ab")
        #expect(Readable.shortDigest("sha256:01") == "sha256:01")
    }
}
