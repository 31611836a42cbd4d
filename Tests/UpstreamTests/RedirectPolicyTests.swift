// What becomes of a redirect, by its host.
import OCI
import Testing

@testable import Upstream

@Suite("Redirect policy")
struct RedirectPolicyTests {
    private func action(
        _ host: String, _ policy: RedirectPolicy, canHandOver: Bool = true
    ) -> RedirectAction {
        policy.action(for: host, canHandOver: canHandOver)
    }

    @Test("the first rule with the host decides, else the default")
    func order() {
        let policy = RedirectPolicy(
            rules: [
                RedirectRule(hosts: [Glob("eu.cdn.example")], action: .follow),
                RedirectRule(hosts: [Glob("*.cdn.example"), Glob("s3.lan")], action: .handOver),
            ], otherwise: .refuse)
        #expect(action("eu.cdn.example", policy) == .follow)
        #expect(action("us.cdn.example", policy) == .handOver)
        #expect(action("a.b.cdn.example", policy) == .handOver)
        #expect(action("s3.lan", policy) == .handOver)
        #expect(action("cdn.example", policy) == .refuse)
        #expect(action("evil-cdn.example", policy) == .refuse)
    }

    @Test("what Larder must read itself is followed where a blob is handed over, not refused")
    func documents() {
        #expect(
            action("a.lan", RedirectPolicy(otherwise: .handOver), canHandOver: false) == .follow)
        #expect(action("a.lan", RedirectPolicy(otherwise: .refuse), canHandOver: false) == .refuse)
    }

    @Test(
        "the predecessor's rules",
        arguments: [
            ("production.cloudflare.docker.com", RedirectAction.follow),
            ("registry-1.docker.io", .follow),
            ("amazonaws.com", .handOver),
            ("prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com", .handOver),
            ("d1a2.cloudfront.net", .handOver),
            ("docker-images-prod.6aa3.r2.cloudflarestorage.com", .handOver),
            ("storage.googleapis.com", .handOver),
            ("x.blob.core.windows.net", .handOver),
            ("eastus.data.mcr.microsoft.com", .follow),
            ("notamazonaws.com", .follow),
            ("amazonaws.com.evil.example", .follow),
        ])
    func predecessor(host: String, expected: RedirectAction) {
        #expect(action(host, RedirectPolicy(rules: RedirectRule.predecessor)) == expected)
    }

    @Test("rules of one's own go before the predecessor's")
    func precedence() {
        let own = RedirectRule(hosts: [Glob("*.amazonaws.com")], action: .follow)
        let policy = RedirectPolicy(rules: [own] + RedirectRule.predecessor, otherwise: .refuse)
        #expect(action("s3.amazonaws.com", policy) == .follow)
        #expect(action("d1a2.cloudfront.net", policy) == .handOver)
        #expect(action("production.cloudflare.docker.com", policy) == .follow)
        #expect(action("cdn.example", policy) == .refuse)
    }

    @Test(
        "a target that gives no response head is handed over where that is wanted",
        arguments: [
            (UpstreamError.Kind.unreachable, true), (.timedOut(.connect), true),
            (.timedOut(.responseHeader), true), (.timedOut(.idle), false), (.malformed, false),
            (.status(403), false), (.status(500), false),
        ])
    func unreachable(kind: UpstreamError.Kind, isHandedOver: Bool) {
        let error = UpstreamError(upstream: "a", kind: kind, message: "")
        #expect(RedirectPolicy(handsOverUnreachable: true).handsOver(after: error) == isHandedOver)
        #expect(!RedirectPolicy().handsOver(after: error))
    }
}
