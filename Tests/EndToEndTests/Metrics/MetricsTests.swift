// /metrics, the alerts and the dashboard against the real Prometheus.

import Foundation
import OCI
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Metrics {
        private let image = SyntheticImage(seed: 21)

        /// Runs `body` with a Larder that has answered a bit of everything.
        private func withBusyLarder(
            _ body: (LarderProcess, URL) async throws -> Void
        ) async throws {
            try await withTemporaryDirectory { directory in
                try await ScriptedRegistry.with { registry in
                    registry.add(repository: "team/app", image: image)
                    registry.inject(
                        .setHeader("ratelimit-limit", "100;w=21600"), on: RequestMatcher())
                    registry.inject(
                        .setHeader("ratelimit-remaining", "98;w=21600"), on: RequestMatcher())
                    let larder = LarderProcess(
                        directory: directory, upstreams: ["lab.local": registry.url])
                    try await larder.running { _ in
                        try await pull(through: larder)
                        try await body(larder, directory)
                    }
                }
            }
        }

        /// Pulls an image twice, the second time from the store.
        private func pull(through larder: LarderProcess) async throws {
            for _ in 0..<2 {
                try await pullOnce(from: larder.url + "/v2/lab.local/team/app")
                let stored = "larder_fills_total{result=\"verified\"} \(image.layers.count)\n"
                try await eventually("the layers are in the store") {
                    let metrics = try await Curl.get(larder.url + "/metrics").body
                    return String(decoding: metrics, as: UTF8.self).contains(stored)
                }
            }
        }

        private func pullOnce(from repository: String) async throws {
            let manifest = try await Curl.get(repository + "/manifests/latest")
            #expect(manifest.status == 200)
            _ = try await Curl.head(repository + "/manifests/latest")
            for digest in image.layerDigests {
                let layer = try await Curl.get(repository + "/blobs/\(digest)")
                #expect(layer.status == 200)
            }
        }

        @Test("promtool finds nothing to complain of in /metrics")
        func exposition() async throws {
            try await withBusyLarder { larder, directory in
                let metrics = try await Curl.get(larder.url + "/metrics")
                #expect(
                    metrics[header: "Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
                let file = directory.appending(path: "metrics")
                try metrics.body.write(to: file)
                let lint = try await Tool(name: "sh").attempt(
                    ["-c", #"promtool check metrics <"$0""#, file.path])
                #expect(lint.succeeded)
                #expect(lint.output + lint.diagnostics == "")
            }
        }

        @Test("Prometheus holds Larder's series, and every query of the dashboard finds some")
        func dashboard() async throws {
            let queries = try Dashboard.read().queries
            #expect(queries.count > 40)
            try await withBusyLarder { larder, directory in
                let prometheus = Prometheus(target: larder, directory: directory)
                try await prometheus.running {
                    try await eventually("two scrapes") {
                        let samples = try await prometheus.query(
                            "count_over_time(larder_build_info[1m])")
                        return samples.first.map { $0.value >= 2 } ?? false
                    }
                    for (panel, expression) in queries {
                        let samples = try await prometheus.query(expression)
                        #expect(!samples.isEmpty, "\(panel): \(expression)")
                    }
                    let hits = try await prometheus.query(
                        #"larder_requests_total{kind="blob",result="hit",job="larder"}"#)
                    #expect(hits.map(\.value) == [2])
                    #expect(hits.first?.metric["upstream"] == "lab.local")
                    #expect(hits.first?.metric["instance"] == larder.address)
                }
            }
        }

        @Test("the alerts are sound, fire on what they should, and Prometheus evaluates them")
        func alerts() async throws {
            let promtool = Tool(name: "promtool")
            let rules = Repository.file("config/prometheus/larder.rules.yml")
            try await promtool.run(["check", "rules", rules.path])
            let tests = Repository.file("config/prometheus/larder.rules.test.yml")
            try await promtool.run(["test", "rules", tests.path])
            try await withBusyLarder { larder, directory in
                let prometheus = Prometheus(target: larder, directory: directory)
                try await prometheus.running {
                    try await eventually("the alerts are evaluated") {
                        try await !prometheus.alertErrors().isEmpty
                    }
                    for (alert, error) in try await prometheus.alertErrors() {
                        #expect(error == nil, "\(alert)")
                    }
                    let firing = try await prometheus.query("ALERTS")
                    #expect(firing.isEmpty)
                }
            }
        }
    }
}
