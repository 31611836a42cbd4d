// A Prometheus that scrapes Larder, and its checker.

import Foundation

/// Debian's prometheus with a configuration, a port and data of its own; a service that the
/// package may have enabled is not touched.
struct Prometheus: Sendable {
    let port = FreePort.next()
    let target: LarderProcess
    /// For its configuration, data and log.
    let directory: URL

    private var url: String { "http://127.0.0.1:\(port)" }

    /// Runs Prometheus while `body` runs.
    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let configuration = try directory.write(yaml, to: "prometheus.yml")
        let command = [
            try Tool.locate("prometheus"), "--config.file=\(configuration.path)",
            "--storage.tsdb.path=\(directory.appending(path: "prometheus").path)",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        return try await withDaemon(
            command, log: directory.appending(path: "prometheus.log"),
            isReady: { _ in try await Curl.status(of: url + "/-/ready") == 200 },
            body: { _ in try await body() }
        ).value
    }

    private var yaml: String {
        """
        global: {scrape_interval: 500ms, evaluation_interval: 500ms}
        rule_files: ["\(Repository.file("config/prometheus/larder.rules.yml").path)"]
        scrape_configs:
          - job_name: larder
            static_configs: [{targets: ["\(target.address)"]}]
        """
    }

    /// The result of an instant query.
    /// - Throws: `ToolFailure` with Prometheus' own words where it refuses the query.
    func query(_ expression: String) async throws -> [Sample] {
        let response: Response = try await get("query", ["query": expression])
        guard let data = response.data else {
            throw ToolFailure(command: ["query", expression], reason: response.error ?? "no data")
        }
        return data.result
    }

    /// The alerts that it evaluates, by name, with the error of each that cannot be.
    func alertErrors() async throws -> [String: String?] {
        let response: Rules = try await get("rules", [:])
        let rules = response.data.groups.flatMap(\.rules)
        return Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0.lastError) })
    }

    private func get<Body: Decodable>(
        _ endpoint: String, _ parameters: [String: String]
    ) async throws -> Body {
        var components = try components("\(url)/api/v1/\(endpoint)")
        components.queryItems = parameters.map { URLQueryItem(name: $0, value: $1) }
        let query = components.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
        components.percentEncodedQuery = query
        let answer = try await Curl.get(components.string ?? url)
        return try JSONDecoder().decode(Body.self, from: answer.body)
    }

    private func components(_ text: String) throws -> URLComponents {
        guard let components = URLComponents(string: text) else {
            throw ToolFailure(command: ["prometheus"], reason: "no URL: \(text)")
        }
        return components
    }
}

extension Prometheus {
    /// One series of an instant query.
    struct Sample: Decodable, Sendable {
        let metric: [String: String]
        let value: Double

        private enum CodingKeys: CodingKey {
            case metric, value
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            metric = try container.decode([String: String].self, forKey: .metric)
            var pair = try container.nestedUnkeyedContainer(forKey: .value)
            _ = try pair.decode(Double.self)
            value = Double(try pair.decode(String.self)) ?? .nan
        }
    }

    private struct Response: Decodable {
        struct Result: Decodable {
            let result: [Sample]
        }

        let data: Result?
        let error: String?
    }

    private struct Rules: Decodable {
        struct Groups: Decodable {
            let groups: [Group]
        }

        struct Group: Decodable {
            let rules: [Rule]
        }

        struct Rule: Decodable {
            let name: String
            let lastError: String?
        }

        let data: Groups
    }
}
