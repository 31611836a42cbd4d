// Clients that hold connections, and more of them than there may be.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct ConnectionTests {
        private static let request = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"

        /// A value of /metrics.
        private func metric(_ name: String, of larder: LarderProcess) async throws -> Double? {
            let answer = try await Curl.get(larder.url + "/metrics")
            let text = String(decoding: answer.body, as: UTF8.self)
            return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
                .flatMap { Double($0.dropFirst(name.count + 1)) }
        }

        private func openFiles(_ daemon: Daemon) -> Int {
            URL(filePath: "/proc/\(daemon.processIdentifier)/fd").names().count
        }

        @Test("R47, R48: 10,000 connections that do nothing or drip cost little, and end in time")
        func idleCrowd() async throws {
            let count = 10_000
            try #require(ConnectionCrowd.raiseDescriptorLimit() > count + 500)
            try await Lab.with { lab in
                var larder = lab.larder
                larder.settings = "connections: {max: 12000, header_timeout: 40s}"
                try await larder.running { daemon in
                    try await lab.registry.running {
                        let crowd = try await ConnectionCrowd.connect(count, to: larder.port) {
                            $0.isMultiple(of: 2) ? "" : "GET /v2/ HTTP/1.1\r\nHost: h\r\nX-Drip: "
                        }
                        try await eventually("all are open", within: .seconds(40)) {
                            try await metric("larder_connections", of: larder) ?? 0 > Double(count)
                        }
                        let image = lab.images.base
                        #expect(
                            try await PullClient.skopeo.pull(image, through: larder)
                                == image.amd64.config)
                        let resident = try daemon.peakResidentBytes()
                        print("10,000 connections: \(resident / 1_000_000) MB resident")
                        #expect(resident < 400_000_000)
                        try await eventually("they were closed", within: .seconds(90)) {
                            try await metric("larder_connections", of: larder) ?? .infinity < 10
                        }
                        withExtendedLifetime(crowd) {}
                    }
                }
            }
        }

        @Test("R43: more clients than may be are told 503, and nothing is lost when they go")
        func tooMany() async throws {
            try await Lab.with { lab in
                var larder = lab.larder
                larder.descriptorLimit = 256
                try await larder.running { daemon in
                    let before = openFiles(daemon)
                    do {
                        let crowd = try await ConnectionCrowd.connect(300, to: larder.port) { _ in
                            Self.request
                        }
                        let statuses = try await crowd.statuses()
                        #expect(statuses[200] ?? 0 >= 100)
                        #expect(statuses[503] ?? 0 >= 100, "\(statuses)")
                    }
                    try await eventually("served again") {
                        try await Curl.status(of: larder.url + "/readyz") == 200
                    }
                    try await eventually("descriptors are given back") {
                        openFiles(daemon) <= before + 4
                    }
                }
            }
        }

        @Test("R43: 100,000 requests leave no descriptor behind")
        func manyRequests() async throws {
            try await Lab.with { lab in
                try await lab.serving { daemon in
                    let image = lab.images.base
                    #expect(
                        try await PullClient.skopeo.pull(image, through: lab.larder)
                            == image.amd64.config)
                    let before = openFiles(daemon)
                    let config = try image.amd64.config
                    for path in ["manifests/\(image.index)", "blobs/\(config)"] {
                        // A fragment is not sent: it makes one command many requests.
                        try await Tool(name: "curl").run([
                            "--silent", "--show-error", "--fail", "--noproxy", "*", "--output",
                            "/dev/null", lab.url("library/base/\(path)") + "#[1-50000]",
                        ])
                    }
                    try await eventually("descriptors are given back") {
                        openFiles(daemon) <= before + 4
                    }
                }
            }
        }

        @Test("R43: where descriptors run out the listener goes on, and none leaks in the long run")
        func noDescriptors() async throws {
            try await Lab.with { lab in
                var larder = lab.larder
                larder.descriptorLimit = 128
                larder.settings = "connections: {max: 10000, header_timeout: 2s}"
                try await larder.running { daemon in
                    let before = openFiles(daemon)
                    let cpu = try daemon.processorSeconds()
                    do {
                        let crowd = try await ConnectionCrowd.connect(400, to: larder.port) { _ in
                            ""
                        }
                        try await eventually("descriptors are used up") {
                            openFiles(daemon) >= 126
                        }
                        try await Task.sleep(for: .seconds(3))
                        withExtendedLifetime(crowd) {}
                    }
                    try await eventually("served again", within: .seconds(60)) {
                        try await Curl.status(of: larder.url + "/readyz") == 200
                    }
                    // A loop that spins would take all of a processor meanwhile.
                    let spent = try daemon.processorSeconds() - cpu
                    #expect(spent < 2, "\(spent) s")
                    for _ in 0..<50 {
                        let crowd = try await ConnectionCrowd.connect(60, to: larder.port) { _ in
                            Self.request
                        }
                        #expect(try await crowd.statuses() == [200: 60])
                    }
                    try await eventually("descriptors are given back") {
                        openFiles(daemon) <= before + 4
                    }
                }
            }
        }
    }
}
