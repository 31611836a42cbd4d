/// What is configured of an upstream's redirects.
import OCI
import Upstream

/// `redirects:` of one upstream.
struct RedirectConfiguration: Sendable, Equatable {
    enum Preset: String, Sendable, CaseIterable {
        case none
        /// The rules of go-docker-proxy 1.1.0.
        case predecessor
    }
    enum OnFailure: String, Sendable, CaseIterable {
        /// The client is told that the upstream is not available.
        case fail
        /// The client is sent where Larder could not go.
        case handOver = "hand_over"
    }

    /// Rules behind the configured ones.
    var preset = Preset.none
    var rules: [RedirectRule] = []
    /// For hosts that no rule covers.
    var otherwise = RedirectAction.follow
    var onFailure = OnFailure.fail

    /// As the upstream client takes it.
    var policy: RedirectPolicy {
        RedirectPolicy(
            rules: rules + (preset == .predecessor ? RedirectRule.predecessor : []),
            otherwise: otherwise, handsOverUnreachable: onFailure == .handOver)
    }
}
