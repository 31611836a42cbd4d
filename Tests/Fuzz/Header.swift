// Other headers of an upstream: nothing reaches a request but what was read, in bounds (R74, R76).
import NIOHTTP1

@testable import Upstream

extension ParserCheck {
    /// One rendering, without blanks, line ends or user information.
    static let urls = ParserCheck(
        name: "urls",
        corpus: [
            "https://storage.example/bucket/blob?X-Amz-Signature=ab%2Fc&x=1",
            "http://[::1]:5000/a/../b", "//other.example/x", "/relative?a=b#c",
            "https://user:pw@host.example:443/", "https://1.2.3.4", "../up",
        ],
        tokens: [
            "https://", "http://", "//", "@", ":", ":443", "[", "]", "?", "#", "%0d%0a", "%",
            "localhost", "127.0.0.1", "file://", "..", "\\",
        ]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let base = EndpointURL("https://registry.example/v2/a/blobs/b")
        for url in [EndpointURL(text), base?.resolving(text)].compactMap({ $0 }) {
            let rendered = url.absoluteString
            try require(rendered.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "\(rendered)")
            try require(EndpointURL(rendered) == url, "\(rendered) is another URL")
            try require(!url.origin.description.contains("@"), "\(url)")
        }
    }

    /// Numbers, dates and links.
    static let headers = ParserCheck(
        name: "headers",
        corpus: [
            "120", "Sun, 06 Nov 1994 08:49:37 GMT", "100;w=21600", "98;w=21600, 5;w=60",
            "</v2/a/tags/list?last=b&n=5>; rel=\"next\", <x>; rel=prev",
        ],
        tokens: [";w=", ",", "GMT", "Feb", "9999", "<", ">", "; rel=\"next\"", "rel=next"]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        let headers = HTTPHeaders([
            ("retry-after", text), ("date", text), ("ratelimit-limit", text),
            ("ratelimit-remaining", text),
        ])
        if let seconds = RetryAfter.seconds(in: headers, now: 0) {
            try require((0...86_400).contains(seconds), "\(seconds) s")
        }
        _ = RateLimit(headers, seenAt: 0)
        let link = LinkHeader.next(in: [text]) ?? ""
        // A byte that is no UTF-8 on its own is read as three.
        try require(link.utf8.count <= 3 * 4096, "a link of \(link.utf8.count) B")
    }
}
