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
                    try lab.requireTokens(of: tokens)
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

        /// Cold and warm as Alice; nothing without her name, nor with a wrong password.
        private func pull(_ client: PullClient, _ lab: Lab) async throws {
            let image = lab.images.base
            var lab = lab
            let guessed = "alice:guessed-9x"
            lab.larder.secrets = [Self.alice, guessed]
            let larder = lab.larder
            try await lab.serving {
                for _ in 0..<2 {
                    let pulled = try await client.pull(image, as: Self.alice, through: larder)
                    #expect(try pulled == image.amd64.config)
                }
                for credential in [nil, guessed] {
                    await #expect(throws: (any Error).self) {
                        try await client.pull(image, as: credential, through: larder)
                    }
                }
                let basic = Data(guessed.utf8).base64EncodedString()
                let refusal = try await Curl.get(
                    larder.url + "/v2/auth?scope=repository:base:pull",
                    ["Authorization: Basic \(basic)"])
                // ctr alone has tried a wrong password often enough to be told to wait.
                #expect([401, 429].contains(refusal.status))
                let text = String(decoding: refusal.body, as: UTF8.self)
                #expect(!text.contains("guessed") && !text.contains(basic))
            }
            #expect(try !larder.logLines("refused").isEmpty)
        }
    }
}
