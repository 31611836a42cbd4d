// SIGHUP: the configuration is read again.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Reload {
        @Test("SIGHUP takes what may change at once, and names it and what needs a restart")
        func reload() async throws {
            try await Lab.with { lab in
                let url = lab.url("library/base/manifests/1")
                let elsewhere = ["docker.io": "http://127.0.0.1:\(FreePort.next())"]
                try await lab.registry.running {
                    try await lab.larder.withUpstreams(elsewhere).running { daemon in
                        let before = try await Curl.status(of: url)
                        #expect(before == 503)
                        var changed = lab.larder
                        changed.port = FreePort.next()
                        let entry = try await lab.reload(daemon, to: changed)
                        #expect(entry["changed"]?.contains("upstreams.docker.io.url") == true)
                        #expect(entry["needs_restart"] == "listen")
                        let after = try await Curl.status(of: url)
                        #expect(after == 200)
                        let atNewPort = try await Curl.status(of: changed.url + "/healthz")
                        #expect(atNewPort == 0)
                    }
                }
            }
        }

        @Test("SIGHUP with a broken file changes nothing and says what is wrong")
        func broken() async throws {
            try await Lab.with { lab in
                let url = lab.url("library/base/manifests/1")
                try await lab.serving { daemon in
                    let file = lab.larder.configuration
                    try Data("tags: {fresh_fro: 1h}\n".utf8).write(to: file)
                    daemon.send(SIGHUP)
                    try await eventually("the refusal is logged") {
                        try !lab.larder.logLines("not reloaded").isEmpty
                    }
                    let line = try #require(try lab.larder.logLines("not reloaded").first)
                    #expect(line.contains("fresh_fro") && line.contains("fresh_for"))
                    #expect(try await Curl.status(of: url) == 200)
                    let entry = try await lab.reload(daemon, to: lab.larder)
                    #expect(entry["changed"] == "")
                    #expect(entry["needs_restart"] == "")
                }
            }
        }
    }
}

extension Lab {
    /// Has `daemon` read the configuration of `changed`; answers what it logs of that.
    fileprivate func reload(
        _ daemon: Daemon, to changed: LarderProcess
    ) async throws -> [String: String] {
        try changed.writeConfiguration()
        let message = "configuration reloaded"
        let before = try larder.logLines(message).count
        daemon.send(SIGHUP)
        try await eventually("the reload is logged") {
            try larder.logLines(message).count > before
        }
        let line = try #require(try larder.logLines(message).last)
        return try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
    }
}
