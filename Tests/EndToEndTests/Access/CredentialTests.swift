// Larder signs in to a registry with a credential of its own, which it tells nobody.

import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Credentials {
        private static let alice = "alice:k7Jw2mZq"
        private static let password = "k7Jw2mZq"
        /// Of Alice's password, by bcrypt.
        private static let entry =
            "alice:$2y$05$abcdefghijklmnopqrstuuIVD8C0ggYgDltqml98TitRiqq3MtV12\n"

        enum Source: CaseIterable, Sendable {
            case file, passwordFile, environment, environmentList, helper, dockerConfig

            /// Has the credential of docker.io come from here.
            func plant(in larder: inout LarderProcess) throws {
                larder.secrets.append(alice)
                let directory = larder.directory
                let variable = "LARDER_UPSTREAMS__DOCKER_IO__CREDENTIALS"
                switch self {
                case .file:
                    larder.upstreamSettings =
                        "credentials: {username: alice, password: \(password)}"
                case .passwordFile:
                    let file = try directory.write("\(password)\n", to: "password")
                    larder.upstreamSettings =
                        "credentials: {username: alice, password_file: \(file.path)}"
                case .environment:
                    larder.environment["\(variable)__USERNAME"] = "alice"
                    larder.environment["\(variable)__PASSWORD"] = password
                case .environmentList:
                    larder.environment[variable] =
                        #"[{"username": "alice", "password": "\#(password)"}]"#
                case .helper:
                    let helper = try directory.write(Self.script, to: "docker-credential-test")
                    try FileManager.default.setAttributes(
                        [.posixPermissions: 0o700], ofItemAtPath: helper.path)
                    larder.upstreamSettings = "credentials: {helper: \(helper.path)}"
                case .dockerConfig:
                    let entry = Data(alice.utf8).base64EncodedString()
                    let server = larder.upstreams["docker.io"] ?? ""
                    let file = try directory.write(
                        #"{"auths": {"\#(server)": {"auth": "\#(entry)"}}}"#,
                        to: "docker.json")
                    larder.upstreamSettings = "credentials: {docker_config: \(file.path)}"
                }
            }

            /// Tells its secret on its standard error too.
            private static let script = """
                #!/bin/sh
                echo "gave \(password)" >&2
                echo '{"ServerURL": "", "Username": "alice", "Secret": "\(password)"}'

                """
        }

        @Test(
            "a registry with htpasswd, before and after it takes the password no more",
            arguments: Source.allCases)
        func basic(source: Source) async throws {
            try await Lab.with { lab in
                var lab = lab
                let file = try lab.directory.write(Self.entry, to: "registry.htpasswd")
                lab.registry.authentication =
                    "auth:\n  htpasswd: {realm: lab, path: \"\(file.path)\"}"
                try source.plant(in: &lab.larder)
                let (larder, registry) = (lab.larder, lab.registry)
                try await larder.running { daemon in
                    try await registry.running { try await pull(lab) }
                    try lab.directory.write(
                        "bob:\(Self.entry.dropFirst(6))", to: file.lastPathComponent)
                    try await registry.running { try await expectRefusal(lab) }
                    try await reloadBroken(larder, daemon)
                }
            }
        }

        @Test("a registry with tokens, behind a proxy with a password")
        func tokens() async throws {
            var rules = TokenAuthority.Rules()
            rules.isSigned = true
            rules.credential = Self.alice
            let authority = TokenAuthority(rules)
            let proxyCredential = "larder:p9Xk4vRt"
            try await ScriptedRegistry.with { tokens in
                tokens.requireToken(authority)
                try await ConnectProxy.with(credential: proxyCredential) { proxy in
                    try await Lab.with { lab in
                        var lab = lab
                        try lab.requireTokens(of: tokens)
                        lab.larder.settings = """
                            proxy: {url: "http://127.0.0.1:\(proxy.port)", username: larder}
                            """
                        lab.larder.environment["LARDER_PROXY__PASSWORD"] = "p9Xk4vRt"
                        lab.larder.secrets = [proxyCredential]
                        try Source.passwordFile.plant(in: &lab.larder)
                        try await lab.larder.running { _ in
                            try await lab.registry.running {
                                try await pull(lab)
                                authority.revokeAll()
                                authority.change { $0.credential = "alice:another" }
                                try await expectRefusal(lab)
                            }
                        }
                        #expect(!proxy.targets.isEmpty)
                    }
                }
            }
        }

        private func pull(_ lab: Lab) async throws {
            let pulled = try await PullClient.skopeo.pull(lab.images.base, through: lab.larder)
            #expect(try pulled == lab.images.base.amd64.config)
        }

        /// For an image that is not in the cache.
        private func expectRefusal(_ lab: Lab) async throws {
            let answer = try await Curl.get(lab.url("library/large/manifests/1"))
            #expect(answer.errorCode == "DENIED")
            #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.password))
        }

        /// Has the password stand where none belongs.
        private func reloadBroken(_ larder: LarderProcess, _ daemon: Daemon) async throws {
            let broken = """
                admin: {token: {\(Self.password): 1}}
                proxy: {url: "http://\(Self.alice)@127.0.0.1:1"}
                upstreams:
                  lab.local: {url: "https://\(Self.alice)@127.0.0.1", credentials: {username: "\(Self.alice)"}}
                  "\(Self.alice)@lab.local": {url: "https://127.0.0.1"}

                """
            try Data(broken.utf8).write(to: larder.configuration)
            daemon.send(SIGHUP)
            try await eventually("the refusal is logged") {
                try !larder.logLines("not reloaded").isEmpty
            }
            try larder.writeConfiguration()
        }
    }
}
