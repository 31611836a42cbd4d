/// Requests and fills as metrics.

import Measurement

extension PrometheusText {
    mutating func add(_ counts: RequestMetrics.Counts) {
        let tallies = counts.byUpstream.flatMap { upstream, tallies in
            zip(RequestShape.all, tallies).map { (upstream, $0, $1) }
        }
        add(
            "larder_requests_total", .counter,
            "Requests of repositories, ranges and refusals included, by what the cache did.",
            tallies.flatMap(Self.requests))
        add(
            "larder_response_bytes_total", .counter, "Body bytes handed to clients' sockets.",
            tallies.compactMap(Self.bytes))
        add(
            "larder_responses_total", .counter, "Responses of the registry API by status.",
            counts.byStatus.map { (["code": "\($0)"], Double($1)) })
        add(
            "larder_first_byte_seconds",
            "Time from a request's head to its response's head.", Self.byShape(counts.firstByte))
        add(
            "larder_request_seconds",
            "Time from a request's head to the last byte of its response handed to the socket.",
            Self.byShape(counts.whole))
    }

    private static func requests(
        _ upstream: String, _ shape: RequestShape, _ tally: RequestMetrics.Tally
    ) -> [(Labels, Double)] {
        [("GET", tally.gets), ("HEAD", tally.heads)].filter { $0.1 > 0 }.map { method, count in
            (
                [
                    "upstream": upstream, "kind": "\(shape.kind)", "method": method,
                    "result": shape.result.word,
                ], Double(count)
            )
        }
    }

    private static func bytes(
        _ upstream: String, _ shape: RequestShape, _ tally: RequestMetrics.Tally
    ) -> (Labels, Double)? {
        guard tally.gets > 0 else { return nil }
        let labels: Labels = [
            "upstream": upstream, "kind": "\(shape.kind)", "result": shape.result.word,
        ]
        return (labels, Double(tally.bytes))
    }

    private static func byShape(_ histograms: [Histogram]) -> [(Labels, Histogram)] {
        zip(RequestShape.all, histograms).filter { $0.1.count > 0 }.map { shape, histogram in
            (["kind": "\(shape.kind)", "result": shape.result.word], histogram)
        }
    }

    mutating func add(_ counts: ClientLimits.Counts) {
        add(
            "larder_client_refusals_total", .counter,
            "Requests answered 429 since their client was over a limit, by which.",
            ClientLimit.allCases.map { limit in
                (["limit": limit.rawValue], Double(counts.refused[limit] ?? 0))
            })
        add(
            "larder_client_throttled_seconds_total", .counter,
            "Time that bodies waited for the bandwidth of their clients, all together.",
            Double?(counts.throttled / .seconds(1)))
    }

    mutating func add(_ connections: Connections.Snapshot) {
        add(
            "larder_connections", .gauge, "Connections of clients that are open.",
            connections.open)
        add(
            "larder_connections_max", .gauge, "The most that may be open (connections.max).",
            connections.maximum)
        add(
            "larder_connections_refused_total", .counter,
            "Connections that were answered 503 or closed, since too many were open.",
            connections.refused)
        add(
            "larder_connections_timed_out_total", .counter,
            "Connections closed since no request came, or not all of one.",
            Connections.Cut.allCases.map {
                (["reason": $0.rawValue], Double(connections.cut[$0] ?? 0))
            })
    }

    mutating func add(fills: [FillResult: Int], inFlight: Int) {
        add("larder_fills_in_flight", .gauge, "Fetches of blobs that are running.", inFlight)
        add(
            "larder_fills_total", .counter, "Fetches of blobs that ended, by how.",
            FillResult.allCases.map { (["result": $0.rawValue], Double(fills[$0] ?? 0)) })
    }
}
