// URLs, redirects, links, tokens and secrets: the pure parts.
import OCI
import Testing

@testable import Upstream

@Suite("Upstream values")
struct ValueTests {
    static let urls: [(String, String?)] = [
        ("https://registry-1.docker.io", "https://registry-1.docker.io"),
        ("HTTPS://Example.COM:443/a/b?x=%2F#f", "https://example.com/a/b?x=%2F"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000/"),
        ("https://[::1]:5000/v2/", "https://[::1]:5000/v2/"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://example.com../x", nil),
        ("https://.example.com/", nil),
        ("https://a..example.com/", nil),
        ("https://./", nil),
        ("https://user:pw@example.com/", nil),
        ("https://user@example.com/", nil),
        ("ftp://example.com/", nil),
        ("file:///etc/passwd", nil),
        ("/v2/", nil),
        ("https:///x", nil),
        ("https://exa%6Dple.com\\@evil.com/", nil),
        ("https://example.com:99999/", nil),
        ("", nil),
    ]

    @Test("an endpoint is an absolute http or https URL without user", arguments: urls)
    func parsesEndpoints(text: String, expected: String?) {
        #expect(EndpointURL(text)?.absoluteString == expected)
    }

    @Test("an endpoint is printed without its query, which may be a signature (R66)")
    func hidesQuery() throws {
        let url = try #require(EndpointURL("https://s3.example.com/b?X-Signature=secret"))
        #expect("\(url)" == "https://s3.example.com/b")
    }

    static let redirects: [(location: String?, hops: Int, http: Bool, expected: String)] = [
        ("https://cdn.example.com/x?s=%2F", 0, false, "https://cdn.example.com/x?s=%2F"),
        ("/y?z=1", 4, false, "https://r.example.com/y?z=1"),
        ("//cdn.example.com/x", 0, false, "https://cdn.example.com/x"),
        ("c", 0, false, "https://r.example.com/a/c"),
        ("http://cdn.example.com/x", 0, true, "http://cdn.example.com/x"),
        ("http://cdn.example.com/x", 0, false, "\(Redirects.Refusal.plainHTTP)"),
        ("https://cdn.example.com/x", 5, false, "\(Redirects.Refusal.tooMany)"),
        ("file:///etc/passwd", 0, true, "\(Redirects.Refusal.unusableLocation)"),
        ("gopher://x/", 0, true, "\(Redirects.Refusal.unusableLocation)"),
        ("https://u:p@cdn.example.com/", 0, true, "\(Redirects.Refusal.unusableLocation)"),
        (nil, 0, true, "\(Redirects.Refusal.noLocation)"),
    ]

    @Test("a redirect is resolved, or refused with its reason", arguments: redirects)
    func resolvesRedirects(location: String?, hops: Int, http: Bool, expected: String) throws {
        let url = try #require(EndpointURL("https://r.example.com/a/b"))
        do throws(Redirects.Refusal) {
            let target = try Redirects.target(of: location, from: url, hops: hops, allowHTTP: http)
            #expect(target.absoluteString == expected)
        } catch {
            #expect("\(error)" == expected)
        }
    }

    static let links: [([String], String?)] = [
        ([#"</v2/a/tags/list?last=x&n=5>; rel="next""#], "/v2/a/tags/list?last=x&n=5"),
        (["</a>; rel=prev, </b>; rel=next"], "/b"),
        (["</a>; rel=prev", "</b>;title=\"t\";REL=\"next\""], "/b"),
        (["</a>; rel=nextish"], nil),
        (["</a"], nil),
        ([], nil),
    ]

    @Test("the next page is the link with rel=next (RFC 8288)", arguments: links)
    func findsNextLink(values: [String], expected: String?) {
        #expect(LinkHeader.next(in: values) == expected)
    }

    @Test(
        "a query's value survives encoding and decoding",
        arguments: ["repository:a/b:pull", "ü &=+%", ""])
    func roundTripsQueries(value: String) throws {
        let query = try #require(PercentEncoding.query([("a", "1"), ("scope", value)]))
        #expect(!query.contains(" "))
        #expect(PercentEncoding.value(of: "scope", in: query) == value)
    }

    @Test("a broken escape is no value", arguments: ["last=%", "last=%f", "last=%zz", "last=%ff"])
    func refusesBrokenEscapes(query: String) {
        #expect(PercentEncoding.value(of: "last", in: query) == nil)
    }

    static let tokens: [(String, String?, Int)] = [
        (#"{"token":"a","expires_in":300}"#, "a", 300),
        (#"{"access_token":"b","expires_in":300.5}"#, "b", 300),
        (#"{"token":"","access_token":"b"}"#, "b", 60),
        (#"{"token":"a","expires_in":1}"#, "a", 60),
        (#"{"token":"a","expires_in":-5,"issued_at":"1999-01-01T00:00:00Z"}"#, "a", 60),
        (#"{"token":"a","expires_in":1e300}"#, "a", 30 * 24 * 3600),
        (#"{"token":"a\r\nX: y"}"#, nil, 0),
        (#"{"token":17}"#, nil, 0),
        (#"{}"#, nil, 0),
        ("<html>", nil, 0),
        (String(repeating: "[", count: 100_000), nil, 0),
    ]

    @Test("a token answer is read leniently, and never into a header unsafely", arguments: tokens)
    func readsTokens(body: String, expected: String?, seconds: Int) {
        let token = TokenResponse.parse(Array(body.utf8))
        #expect(token?.value.reveal() == expected)
        #expect(token.map { Int($0.lifetime.components.seconds) } ?? 0 == seconds)
    }

    @Test("a secret is never printed (R66)")
    func redactsSecrets() {
        let credential = Credential(username: "team", password: Secret("hunter2"))
        var dumped = ""
        dump(credential, to: &dumped)
        let printed = ["\(credential)", String(reflecting: credential), dumped]
        for text in printed { #expect(!text.contains("hunter2")) }
    }

    static let unavailable: [(UpstreamError.Kind, Bool)] = [
        (.unreachable, true), (.timedOut(.idle), true), (.rateLimited(retryAfterSeconds: 5), true),
        (.status(500), true), (.status(503), true), (.truncated, true),
        (.status(401), false), (.status(403), false), (.status(404), false),
        (.malformed, false), (.refusedRealm("x"), false), (.tooLarge(limitBytes: 1), false),
    ]

    @Test(
        "only an upstream that cannot answer lets a stale tag be served (R52)",
        arguments: unavailable)
    func tellsUnavailability(kind: UpstreamError.Kind, expected: Bool) {
        #expect(UpstreamError(upstream: "u", kind: kind, message: "").isUnavailable == expected)
    }
}
