/// Requests and fills as metrics.

import Measurement

extension PrometheusText {
    mutating func add(_ counts: RequestMetrics.Counts) {
        let requests = counts.requests.map { labels, count in
            (
                [
                    "upstream": labels.upstream, "kind": labels.shape.kind.rawValue,
                    "method": labels.method, "result": labels.shape.result,
                ] as Labels, Double(count)
            )
        }
        add(
            "larder_requests_total", .counter,
            "Requests of repositories, ranges and refusals included, by what the cache did.",
            requests)
        add(
            "larder_response_bytes_total", .counter,
            "Body bytes handed to clients' sockets.", Self.bytes(counts))
        add(
            "larder_responses_total", .counter, "Responses of the registry API by status.",
            counts.responses.map { (["code": "\($0)"], Double($1)) })
        add(
            "larder_first_byte_seconds",
            "Time from a request's head to its response's head.", Self.byShape(counts.firstByte))
        add(
            "larder_request_seconds",
            "Time from a request's head to the last byte of its response handed to the socket.",
            Self.byShape(counts.whole))
    }

    private static func bytes(_ counts: RequestMetrics.Counts) -> [(Labels, Double)] {
        counts.bytes.filter { !$0.key.isHead }.map { labels, bytes in
            (
                [
                    "upstream": labels.upstream, "kind": labels.shape.kind.rawValue,
                    "result": labels.shape.result,
                ], Double(bytes)
            )
        }
    }

    private static func byShape(
        _ histograms: [RequestMetrics.Shape: Histogram]
    ) -> [(Labels, Histogram)] {
        histograms.map { (["kind": $0.kind.rawValue, "result": $0.result], $1) }
    }

    mutating func add(fills: [FillResult: Int], inFlight: Int) {
        add("larder_fills_in_flight", .gauge, "Fetches of blobs that are running.", inFlight)
        add(
            "larder_fills_total", .counter, "Fetches of blobs that ended, by how.",
            FillResult.allCases.map { (["result": $0.rawValue], Double(fills[$0] ?? 0)) })
    }
}
