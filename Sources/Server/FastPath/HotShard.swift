/// A part of the map of hot objects, by the spelling of requests; pure.

import CacheStore
import OCI
import Synchronization

/// What an entry stands and falls with.
enum HotDependency: Hashable, Sendable {
    case digest(Digest)
    case tag(Tag, RepositoryKey)
    /// Allowed since some manifest refers to it: any that goes may have been the one.
    case references
}

/// The most that one part holds.
struct HotLimits: Sendable {
    var entries: Int
    /// Bytes of manifests in memory.
    var bytes: Int
    /// Blobs whose files are kept open.
    var files: Int
}

struct HotShard: Sendable {
    private struct Variant {
        /// The values of `Accept` that it was given for; a blob is given for any.
        let accept: [String]
        let object: HotObject
    }

    /// Of one spelling: clients with other `Accept` fields may be given other manifests.
    static let maximumVariants = 4

    private let limits: HotLimits
    private var entries: [HotKey: [Variant]] = [:]
    private var dependents: [HotDependency: Set<HotKey>] = [:]
    private(set) var bytes = 0
    private(set) var files = 0

    init(limits: HotLimits) {
        self.limits = limits
    }

    var count: Int { entries.count }

    func find(_ request: HotRequest) -> HotObject? {
        guard let variants = entries[request.key] else { return nil }
        return variants.first { $0.object.isBlob || $0.accept == request.accept }?.object
    }

    mutating func add(_ object: HotObject, for key: HotKey, accept: [String]) {
        let others = (entries[key] ?? []).filter { !$0.object.isBlob && $0.accept != accept }
        remove(key)
        let variants = [Variant(accept: accept, object: object)] + others
        insert(Array(variants.prefix(Self.maximumVariants)), for: key)
        if isFull { sweep(keeping: key) }
    }

    mutating func drop(_ dependency: HotDependency) {
        for key in dependents[dependency] ?? [] { remove(key) }
    }

    mutating func dropAll() {
        self = HotShard(limits: limits)
    }

    private var isFull: Bool {
        entries.count > limits.entries || bytes > limits.bytes || files > limits.files
    }

    /// What was not used since the last sweep goes; where that is not enough, anything.
    private mutating func sweep(keeping latest: HotKey) {
        for (key, variants) in entries where key != latest {
            let wasUsed = variants.reduce(false) { wasUsed, variant in
                variant.object.isUsed.exchange(false, ordering: .relaxed) || wasUsed
            }
            if !wasUsed { remove(key) }
        }
        while isFull, let key = entries.keys.first(where: { $0 != latest }) { remove(key) }
        if isFull { remove(latest) }
    }

    private mutating func insert(_ variants: [Variant], for key: HotKey) {
        entries[key] = variants
        for variant in variants {
            bytes += variant.object.bytesInMemory
            files += variant.object.isBlob ? 1 : 0
            for dependency in variant.object.dependencies {
                dependents[dependency, default: []].insert(key)
            }
        }
    }

    private mutating func remove(_ key: HotKey) {
        for variant in entries.removeValue(forKey: key) ?? [] {
            bytes -= variant.object.bytesInMemory
            files -= variant.object.isBlob ? 1 : 0
            for dependency in variant.object.dependencies {
                dependents[dependency]?.remove(key)
                if dependents[dependency]?.isEmpty == true { dependents[dependency] = nil }
            }
        }
    }
}

extension HotObject {
    fileprivate var dependencies: [HotDependency] {
        var dependencies = [HotDependency.digest(digest)]
        if let tag = asked.tag { dependencies.append(.tag(tag, asked.repository)) }
        if !basis.isProven { dependencies.append(.references) }
        return dependencies
    }
}
