/// The labels that requests are counted by: few, fixed, and numbered.

import HTTPTypes
import OCI

/// What was asked for and what the cache did.
struct RequestShape: Sendable, Equatable {
    /// A case's name is the label's value.
    enum Kind: Int, Sendable, CaseIterable {
        case manifest, blob, listing

        init?(_ endpoint: RegistryRoute.Endpoint?) {
            switch endpoint {
            case .manifest: self = .manifest
            case .blob: self = .blob
            case .tags, .referrers: self = .listing
            case .base, .catalog, .uploads, nil: return nil
            }
        }
    }

    enum Result: Int, Sendable, CaseIterable {
        case hit, revalidated, revalidating, stale, coalesced, miss, uncached, handedOver
        /// Neither content nor 304 nor a redirect.
        case error

        /// The label's value.
        var word: String { self == .handedOver ? "handed_over" : "\(self)" }

        init(_ outcome: CacheOutcome?) {
            switch outcome {
            case .hit: self = .hit
            case .revalidated: self = .revalidated
            case .revalidating: self = .revalidating
            case .stale: self = .stale
            case .coalesced: self = .coalesced
            case .miss: self = .miss
            case .uncached: self = .uncached
            case .handedOver: self = .handedOver
            case nil: self = .error
            }
        }
    }

    let kind: Kind
    let result: Result

    /// Its place in ``all``.
    var index: Int { kind.rawValue * Result.allCases.count + result.rawValue }

    static let all = Kind.allCases.flatMap { kind in
        Result.allCases.map { RequestShape(kind: kind, result: $0) }
    }
}

struct RequestLabels: Sendable {
    /// One of the configuration's, never what a client wrote.
    let upstream: String
    let isHead: Bool
    let shape: RequestShape

    /// Nil for what is no request to a repository.
    init?(_ entry: AccessEntry, _ outcome: CacheOutcome?) {
        guard let upstream = entry.upstream, let kind = RequestShape.Kind(entry.asked?.endpoint)
        else {
            return nil
        }
        self.upstream = upstream
        isHead = entry.method == .head
        shape = RequestShape(kind: kind, result: .init(outcome))
    }
}
