// The Grafana dashboard's queries, as Grafana sends them.

import Foundation

/// Files of the checkout.
enum Repository {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../..").standardized

    static func file(_ path: String) -> URL { root.appending(path: path) }
}

struct Dashboard: Decodable {
    struct Panel: Decodable {
        struct Target: Decodable {
            let expr: String
        }

        let title: String
        let targets: [Target]?
    }

    let panels: [Panel]

    static func read() throws -> Dashboard {
        let file = Repository.file("config/grafana/larder.json")
        return try JSONDecoder().decode(Dashboard.self, from: Data(contentsOf: file))
    }

    /// Every query with the panel that it belongs to, variables filled in.
    var queries: [(panel: String, expression: String)] {
        panels.flatMap { panel in
            (panel.targets ?? []).map { (panel.title, Self.filledIn($0.expr)) }
        }
    }

    private static func filledIn(_ expression: String) -> String {
        let values = ["$__rate_interval": "1m", "$__range": "5m", "$instance": ".*"]
        return values.reduce(expression) {
            $0.replacingOccurrences(of: $1.key, with: $1.value)
        }
    }
}
