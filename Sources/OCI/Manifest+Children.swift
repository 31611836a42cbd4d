// Manifest+Children: what a manifest points to.

extension Manifest {
    /// A descriptor, and what it is to the manifest that holds it.
    package struct Child: Hashable, Sendable {
        /// The raw values are stored and must not change.
        package enum Relation: Int, CaseIterable, Sendable {
            case config = 1
            case layer = 2
            case manifest = 3
            case subject = 4
        }

        package let relation: Relation
        package let descriptor: Descriptor

        package init(relation: Relation, descriptor: Descriptor) {
            self.relation = relation
            self.descriptor = descriptor
        }
    }

    /// Everything the manifest points to, in the order of its own lists, the subject last. These
    /// are hints, never proofs: anyone can push a manifest that names a foreign digest (R62).
    package var children: [Child] {
        var children: [Child] = []
        switch content {
        case .image(let config, let layers):
            children.append(Child(relation: .config, descriptor: config))
            children += layers.map { Child(relation: .layer, descriptor: $0) }
        case .index(let manifests):
            children += manifests.map { Child(relation: .manifest, descriptor: $0) }
        }
        if let subject {
            children.append(Child(relation: .subject, descriptor: subject))
        }
        return children
    }

    /// The index's manifest for a platform: the one that says exactly the same, else the first
    /// that matches. Nil for an image manifest.
    package func child(for platform: Platform) -> Descriptor? {
        guard case .index(let manifests) = content else { return nil }
        let candidates = manifests.filter { $0.platform.map(platform.matches) ?? false }
        return candidates.first { $0.platform.map(platform.isSame) ?? false } ?? candidates.first
    }
}
