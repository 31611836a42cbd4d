/// One answered request, as it is counted.

import OCI

/// Made when the answer has ended.
package struct RequestRecord: Sendable {
    package enum Subject: Sendable {
        case manifest(Digest?, tag: Tag?)
        case blob(Digest)
        /// Tag lists, referrers.
        case listing
    }

    package enum Result: Sendable {
        case hit, miss, coalesced, stale, error
    }

    /// The client's address, without its port.
    package var client: String
    package var repository: RepositoryKey
    package var subject: Subject
    package var isHead: Bool
    /// False of a range that does not start at 0: it adds its bytes alone.
    package var startsAtZero: Bool
    package var status: Int
    package var result: Result
    /// Body bytes handed to the socket.
    package var bytes: Int64

    package init(
        client: String, repository: RepositoryKey, subject: Subject, isHead: Bool,
        startsAtZero: Bool, status: Int, result: Result, bytes: Int64
    ) {
        self.client = client
        self.repository = repository
        self.subject = subject
        self.isHead = isHead
        self.startsAtZero = startsAtZero
        self.status = status
        self.result = result
        self.bytes = bytes
    }

    /// Whether the client was given what it asked for, or told that it has it.
    var isServed: Bool { (200..<300).contains(status) || status == 304 }

    /// A GET of a manifest that was answered with one.
    var isPull: Bool {
        guard case .manifest = subject, !isHead else { return false }
        return status == 200
    }

    /// A manifest or a blob, not a list.
    private var isContent: Bool {
        if case .listing = subject { false } else { true }
    }

    /// Whether it is told to the image and the digest that were asked for: HEAD of a blob is not.
    var isUse: Bool {
        if case .blob = subject, isHead { return false }
        return isServed
    }

    var traffic: Traffic {
        var traffic = Traffic()
        traffic.requests = 1
        traffic.bytesServed = bytes
        traffic.pulls = isPull ? 1 : 0
        traffic.errors = status >= 500 ? 1 : 0
        traffic.heads = isHead ? 1 : 0
        guard isServed, isContent else { return traffic }
        if result == .hit || result == .stale { traffic.bytesHit = bytes }
        guard !isHead, startsAtZero else { return traffic }
        switch result {
        case .error: break
        case .hit: traffic.hits = 1
        case .miss: traffic.misses = 1
        case .coalesced: traffic.coalesced = 1
        case .stale: traffic.stale = 1
        }
        return traffic
    }
}
