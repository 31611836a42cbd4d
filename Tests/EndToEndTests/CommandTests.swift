// The larder command as people run it: beside a server, and after it.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Commands {
        @Test("What a pull left is listed, shown, purged, and known without the server")
        func administration() async throws {
            try await Lab.with { lab in
                let name = "docker.io/library/base:1"
                try await lab.serving {
                    _ = try await Skopeo(directory: lab.directory).pull(
                        lab.images.base, architecture: "amd64", through: lab.larder)
                    try await eventually("the pull is counted") {
                        let list = try await lab.larder.command("ls", "base")
                        return list.output.contains("\(name)  ")
                    }
                    let stats = try await lab.larder.command("stats", "--json")
                    #expect(stats.output.contains("\"uptime_seconds\" : "))
                }
                let show = try await lab.larder.command("show", name)
                #expect(show.output.contains(lab.images.base.index))
                #expect(show.diagnostics.contains("larder is not running: read from the index"))
                #expect(show.code == 0)
                #expect(try await lab.larder.command("purge", name).code == 2)
                try await lab.larder.running { _ in
                    let purge = try await lab.larder.command("purge", name)
                    #expect(purge.code == 0, "\(purge.diagnostics)")
                    #expect(try await lab.larder.command("show", name).code == 1)
                }
                #expect(try await lab.larder.command("evict", "--to", "x").code == 64)
            }
        }

        @Test("With admin.listen as a socket the commands go there, and nobody else may")
        func socket() async throws {
            try await Lab.with { lab in
                var larder = lab.larder
                larder.adminSocket = lab.directory.appending(path: "admin.sock")
                try await larder.running { _ in
                    #expect(try await larder.command("pin", "docker.io/library/**").code == 0)
                    let pins = try await larder.command("pins")
                    #expect(pins.output.contains("docker.io/library/**  runtime"))
                    #expect(pins.diagnostics.isEmpty)
                    let other = try await larder.command("pins", "--server", larder.url)
                    #expect(other.code == 2)
                }
                let pins = try await larder.command("pins")
                #expect(pins.output.contains("docker.io/library/**  runtime"))
                #expect(pins.diagnostics.contains("read from the index"))
            }
        }
    }
}
