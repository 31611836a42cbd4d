// Pulls over TLS, by clients that verify the certificate.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct TLS {
        /// Runs `larder cert` and gives the directory of its files.
        private func makeCertificate(in directory: URL) async throws -> URL {
            let made = directory.appending(path: "tls")
            try await Tool(name: "sh").run([
                "-c", #""$0" cert --self-signed "$1" --host 127.0.0.1"#,
                try LarderProcess.executable(), made.path,
            ])
            return made
        }

        private func speaksTLS(_ larder: LarderProcess, _ certificate: URL) -> LarderProcess {
            var larder = larder
            larder.plainPort = FreePort.next()
            larder.settings = """
                tls:
                  certificate: \(certificate.path)/larder.crt
                  key: \(certificate.path)/larder.key
                """
            return larder
        }

        @Test("The certificate that larder cert makes is trusted as it says, by skopeo and curl")
        func selfSigned() async throws {
            try await Lab.with { lab in
                let certificate = try await makeCertificate(in: lab.directory)
                let authority = certificate.appending(path: "larder.crt").path
                let trust = try lab.directory.newDirectory("trust")
                try FileManager.default.copyItem(
                    atPath: authority, toPath: trust.appending(path: "ca.crt").path)
                let larder = speaksTLS(lab.larder, certificate)
                let image = lab.images.base
                try await larder.running { _ in
                    try await lab.registry.running {
                        let target = lab.directory.appending(path: "image")
                        try await Tool(name: "skopeo", environment: .isolated(in: lab.directory))
                            .run([
                                "--insecure-policy", "--override-os", "linux", "--override-arch",
                                "amd64", "copy", "--quiet", "--src-cert-dir", trust.path,
                                "docker://\(larder.address)/docker.io/\(image.repository):1",
                                "dir:\(target.path)",
                            ])
                        let manifest = try Data(
                            contentsOf: target.appending(path: "manifest.json"))
                        let expected = try image.amd64.config
                        #expect(try PulledManifest(manifest).config == expected)
                        try await Tool(name: "curl").run([
                            "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert",
                            authority, "https://127.0.0.1:\(larder.port)/healthz",
                        ])
                        let untrusted = try await Tool(name: "curl").attempt([
                            "--silent", "--noproxy", "*",
                            "https://127.0.0.1:\(larder.port)/healthz",
                        ])
                        #expect(!untrusted.succeeded)
                        #expect(try await larder.command("health-check").code == 0)
                    }
                }
                try lab.expectOneFetch(of: image.amd64.blobs)
            }
        }

        @Test("A renewed certificate is taken up on SIGHUP, without a restart")
        func renewed() async throws {
            try await Lab.with { lab in
                let first = try await makeCertificate(in: lab.directory)
                let larder = speaksTLS(lab.larder, first)
                try await larder.running { daemon in
                    let next = try await makeCertificate(
                        in: try lab.directory.newDirectory("next"))
                    for name in ["larder.crt", "larder.key"] {
                        try Data(contentsOf: next.appending(path: name))
                            .write(to: first.appending(path: name))
                    }
                    daemon.send(SIGHUP)
                    try await eventually("the new one is shown") {
                        try await Tool(name: "curl").attempt([
                            "--silent", "--fail", "--noproxy", "*", "--cacert",
                            next.appending(path: "larder.crt").path,
                            "https://127.0.0.1:\(larder.port)/healthz",
                        ]).succeeded
                    }
                    #expect(try larder.logLines("certificate reloaded").count == 1)
                }
            }
        }
    }
}
