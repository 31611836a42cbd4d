// Real clients sign in: to Larder itself, and through it to registries that ask for it.

import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct SignIn {
        private static let alice = "alice:k7Jw2mZq"
        /// Of Alice's password, by bcrypt.
        private static let entry =
            "alice:$2y$05$abcdefghijklmnopqrstuuIVD8C0ggYgDltqml98TitRiqq3MtV12\n"
        /// All that sign in where they pull.
        private static let clients = PullClient.allCases.filter { $0 != .dockerdMirror }

        @Test("Larder's own users", arguments: clients)
        private func users(client: PullClient) async throws {
            try await Lab.with { lab in
                var lab = lab
                let file = try lab.directory.write(Self.entry, to: "htpasswd")
                lab.larder.settings = "auth: {htpasswd: \(file.path)}"
                try await pull(client, lab)
                #expect(try lab.registry.requests().count > 0)
            }
        }

        @Test("a registry with tokens, through Larder", arguments: clients)
        private func tokens(client: PullClient) async throws {
            var rules = TokenAuthority.Rules()
            rules.isSigned = true
            rules.rights = [Self.alice: ["library/base"], "": []]
            let authority = TokenAuthority(rules)
            try await ScriptedRegistry.with { tokens in
                tokens.requireToken(authority)
                try await Lab.with { lab in
                    var lab = lab
                    let bundle = try lab.directory.write(
                        TestCertificates.authority, to: "tokens.pem")
                    lab.registry.authentication = """
                        auth:
                          token: {realm: "\(tokens.url)/token", service: scripted, \
                        issuer: \(SignedToken.issuer), rootcertbundle: "\(bundle.path)"}
                        """
                    lab.larder.upstreamSettings = "access: passthrough"
                    try await pull(client, lab)
                }
            }
        }

        @Test("a registry with htpasswd, through Larder", arguments: clients)
        private func basic(client: PullClient) async throws {
            try await Lab.with { lab in
                var lab = lab
                let file = try lab.directory.write(Self.entry, to: "registry.htpasswd")
                lab.registry.authentication =
                    "auth:\n  htpasswd: {realm: lab, path: \"\(file.path)\"}"
                lab.larder.upstreamSettings = "access: passthrough"
                try await pull(client, lab)
            }
        }

        /// Cold and warm as Alice; nothing without her name, nor with a wrong password; nothing
        /// secret in what Larder wrote.
        private func pull(_ client: PullClient, _ lab: Lab) async throws {
            let image = lab.images.base
            let pages = try await lab.serving {
                for _ in 0..<2 {
                    let pulled = try await client.pull(image, as: Self.alice, through: lab.larder)
                    #expect(try pulled == image.amd64.config)
                }
                for credential in [nil, "alice:guessed-9x"] {
                    await #expect(throws: (any Error).self) {
                        try await client.pull(image, as: credential, through: lab.larder)
                    }
                }
                return try await Self.pages(of: lab.larder)
            }
            let log = try String(contentsOf: lab.larder.log, encoding: .utf8)
            #expect(log.contains("refused"))
            #expect(!log.contains("larder_"), "a token of Larder's")
            for secret in Self.secrets {
                for text in [log] + pages { #expect(!text.contains(secret), "\(secret)") }
            }
        }

        /// As they were given, and as they are sent.
        private static let secrets =
            [alice, "alice:guessed-9x"].flatMap { credential in
                [
                    String(credential.split(separator: ":")[1]),
                    Data(credential.utf8).base64EncodedString(),
                ]
            }

        /// All that Larder tells about itself, and what it tells a client that it refuses.
        private static func pages(of larder: LarderProcess) async throws -> [String] {
            let file = larder.dataDirectory.appending(path: "admin.token")
            let token = try String(contentsOf: file, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let basic = Data("alice:guessed-9x".utf8).base64EncodedString()
            var pages: [String] = []
            for path in [
                "/", "/metrics", "/openapi.json", "/stats", "/stats/upstreams",
                "/stats/repositories", "/stats/images", "/stats/clients", "/stats/timeline",
                "/stats/evictions", "/stats/cache", "/admin/v1/pins", "/admin/v1/offline",
            ] {
                let answer = try await Curl.get(
                    larder.url + path, ["Authorization: Bearer \(token)"])
                #expect(answer.status == 200, "\(path)")
                pages.append(String(decoding: answer.body, as: UTF8.self))
            }
            for path in ["/v2/auth?scope=repository:base:pull", "/v2/library/base/manifests/1"] {
                let answer = try await Curl.get(
                    larder.url + path, ["Authorization: Basic \(basic)"])
                // ctr alone has tried a wrong password often enough to be told to wait.
                #expect([401, 429].contains(answer.status), "\(path)")
                pages.append(String(decoding: answer.body, as: UTF8.self))
            }
            return pages
        }
    }
}
