/// What was asked of the upstreams as metrics.

import Measurement
import Upstream

extension PrometheusText {
    typealias UpstreamSnapshot = (name: String, activity: UpstreamActivity.Snapshot)

    mutating func add(_ upstreams: [UpstreamSnapshot]) {
        let requests = upstreams.flatMap { name, activity in
            activity.requestsByOutcome.map {
                (["upstream": name, "outcome": $0.rawValue] as Labels, Double($1))
            }
        }
        add(
            "larder_upstream_requests_total", .counter,
            "HTTP requests to upstreams, token servers and redirect targets included.", requests)
        add(
            "larder_upstream_seconds", "Time until an upstream's response head.",
            upstreams.filter { $0.activity.secondsToHead.count > 0 }
                .map { (["upstream": $0], $1.secondsToHead) })
        add(
            "larder_fetched_bytes_total", .counter, "Body bytes read from upstreams.",
            upstreams.map { (["upstream": $0], Double($1.receivedBytes)) })
        addStates(upstreams)
        addRateLimits(upstreams)
    }

    mutating func add(endpoints upstreams: [(name: String, endpoints: [EndpointSnapshot])]) {
        let endpoints = upstreams.flatMap { name, endpoints in
            endpoints.map { (["upstream": name, "endpoint": "\($0.url)"] as Labels, $0) }
        }
        add(
            "larder_upstream_endpoint_up", .gauge,
            "Whether the last request to the endpoint was answered, if only with a refusal.",
            endpoints.compactMap { labels, endpoint in
                endpoint.isUp.map { (labels, $0 ? 1 : 0) }
            })
        add(
            "larder_upstream_endpoint_suspended", .gauge,
            "Whether the endpoint is not asked, but for probes, since it failed again and again.",
            endpoints.map { ($0, $1.isSuspended ? 1 : 0) })
    }

    private mutating func addStates(_ upstreams: [UpstreamSnapshot]) {
        add(
            "larder_upstream_up", .gauge,
            "Whether the last request to the upstream was answered, if only with a refusal.",
            upstreams.filter { $0.activity.state != .unknown }
                .map { (["upstream": $0], $1.state == .up ? 1 : 0) })
        add(
            "larder_upstream_last_success_timestamp_seconds", .gauge,
            "When the upstream answered last.",
            upstreams.compactMap { name, activity in
                activity.lastSuccess.map { (["upstream": name], Double($0)) }
            })
        add(
            "larder_upstream_tokens", .gauge, "Bearer tokens held.",
            upstreams.map { (["upstream": $0], Double($1.tokens)) })
    }

    private mutating func addRateLimits(_ upstreams: [UpstreamSnapshot]) {
        let told = upstreams.compactMap { name, activity in
            activity.rateLimit.map { (["upstream": name] as Labels, $0) }
        }
        add(
            "larder_upstream_rate_limit", .gauge,
            "Pulls per window that the upstream allows, as it told last.",
            told.map { ($0, Double($1.limit)) })
        add(
            "larder_upstream_rate_limit_remaining", .gauge,
            "Pulls that the upstream still allows in this window, as it told last.",
            told.map { ($0, Double($1.remaining)) })
    }
}
