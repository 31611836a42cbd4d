// What becomes of a redirect to another host, decided without sending anything.
import OCI

package enum RedirectAction: String, Sendable, CaseIterable {
    /// Larder goes there itself, so that what comes can be cached.
    case follow
    /// The client is told to go there; nothing is cached.
    case handOver = "hand_over"
    /// The request fails.
    case refuse
}

/// What becomes of redirects to some hosts.
package struct RedirectRule: Sendable, Hashable {
    /// Of names in lower case; `*` stands for any characters, dots included.
    package var hosts: [Glob]
    package var action: RedirectAction

    package init(hosts: [Glob], action: RedirectAction) {
        self.hosts = hosts
        self.action = action
    }

    func covers(_ host: String) -> Bool {
        hosts.contains { $0.matches(host) }
    }
}

/// What one upstream's redirects to other hosts than its endpoints come to.
package struct RedirectPolicy: Sendable, Hashable {
    /// The first that covers the host decides.
    package var rules: [RedirectRule]
    /// For hosts that no rule covers.
    package var otherwise: RedirectAction
    /// Whether a redirect is handed over whose target does not answer Larder.
    package var handsOverUnreachable: Bool

    package init(
        rules: [RedirectRule] = [], otherwise: RedirectAction = .follow,
        handsOverUnreachable: Bool = false
    ) {
        self.rules = rules
        self.otherwise = otherwise
        self.handsOverUnreachable = handsOverUnreachable
    }

    /// - Parameters:
    ///   - host: in lower case.
    ///   - canHandOver: false of what Larder has to read itself, such as a manifest: that is
    ///     followed where a blob for a client would be handed over.
    func action(for host: String, canHandOver: Bool) -> RedirectAction {
        let action = rules.first { $0.covers(host) }?.action ?? otherwise
        return action == .handOver && !canHandOver ? .follow : action
    }

    /// Whether a target that gave no response head is left to the client.
    func handsOver(after error: UpstreamError) -> Bool {
        guard handsOverUnreachable else { return false }
        return switch error.kind {
        case .unreachable, .timedOut(.connect), .timedOut(.responseHeader): true
        default: false
        }
    }
}
