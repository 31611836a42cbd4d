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
        add(
            "larder_upstream_redirects_handed_over_total", .counter,
            "Redirects that were left to clients.",
            upstreams.map { (["upstream": $0], Double($1.handedOver)) })
        addStates(upstreams)
        addRateLimits(upstreams)
        addLimits(upstreams)
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

    mutating func add(offline: [(name: String, isOffline: Bool)]) {
        add(
            "larder_upstream_offline", .gauge,
            "Whether the upstream is not asked because an operator wants it so.",
            offline.map { (["upstream": $0], $1 ? 1 : 0) })
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
        let identities = upstreams.flatMap { name, activity in
            activity.identities.enumerated().map { index, identity in
                (["upstream": name, "credential": "\(index)"] as Labels, identity)
            }
        }
        let told = identities.compactMap { labels, identity in
            identity.rateLimit.map { (labels, $0) }
        }
        add(
            "larder_upstream_rate_limit", .gauge,
            "Pulls per window that the upstream allows, as it told last.",
            told.map { ($0, Double($1.limit)) })
        add(
            "larder_upstream_rate_limit_remaining", .gauge,
            "Pulls that the upstream still allows in this window, as it told last.",
            told.map { ($0, Double($1.remaining)) })
        add(
            "larder_upstream_pause_seconds", .gauge,
            "How long nothing is sent to the upstream with this credential, after a 429.",
            identities.map { ($0, ($1.pause ?? .zero) / .seconds(1)) })
        add(
            "larder_upstream_paused_requests_total", .counter,
            "Requests refused during such pauses, without a call upstream.",
            identities.map { ($0, Double($1.refused)) })
    }

    private mutating func addLimits(_ upstreams: [UpstreamSnapshot]) {
        func samples(
            _ value: (RequestLimiter.Snapshot) -> Double
        ) -> [(Labels, Double)] {
            upstreams.map { (["upstream": $0], value($1.limits)) }
        }
        add(
            "larder_upstream_fetches", .gauge, "Downloads from the upstream that are running.",
            samples { Double($0.fetches) })
        add(
            "larder_upstream_queued", .gauge, "Requests that wait for their turn at the upstream.",
            samples { Double($0.queued) })
        add(
            "larder_upstream_overloaded_total", .counter,
            "Requests refused because max_queued others waited.",
            samples { Double($0.refused) })
        add(
            "larder_upstream_throttled_seconds_total", .counter,
            "How long downloads waited for max_bandwidth, all together.",
            samples { $0.throttled / .seconds(1) })
    }
}
