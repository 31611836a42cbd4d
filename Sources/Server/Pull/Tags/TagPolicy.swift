/// How long a tag may be served, by the configuration (docs/freshness.md).

import CacheStore
import OCI

/// What holds for one tag.
struct TagPolicy: Sendable, Equatable {
    /// How long it is served without asking its upstream.
    var freshFor: Duration
    /// How long after that it is served at once while it is verified behind the answer.
    var staleWhileRevalidate: Duration
    /// How long after `freshFor` it is served while its upstream cannot answer (R53).
    var staleIfError: Duration
    /// Never verified again.
    var isImmutable: Bool
}

/// The rules of `tags:`, and the one that is built in.
struct TagPolicies: Sendable {
    /// What signs, describes or attests an image is found by a tag of this form (cosign; OCI
    /// distribution-spec, "Referrers Tag Schema"), which moves with each signature that is added.
    static let signaturePrefix = "sha256-"
    /// A signature that was added is seen after this.
    static let signatureFreshFor = Duration.seconds(10)

    let settings: TagSettings

    /// The first rule that matches decides. Rules that are about whole repositories are not meant
    /// for signatures: only one whose tag part begins with `sha256-` is taken for them.
    func policy(for tag: Tag, in key: RepositoryKey) -> TagPolicy {
        let (repository, name) = ("\(key)", "\(tag)")
        let isSignature = name.hasPrefix(Self.signaturePrefix)
        let rule = settings.rules.first { rule in
            (!isSignature || rule.isAboutSignatures)
                && rule.matches(repository: repository, tag: name)
        }
        if let rule { return TagPolicy(settings, rule) }
        return isSignature ? .ofSignatures(settings) : TagPolicy(settings, TagRule())
    }
}

extension TagPolicy {
    fileprivate init(_ settings: TagSettings, _ rule: TagRule) {
        self.init(
            freshFor: rule.freshFor ?? settings.freshFor,
            staleWhileRevalidate: rule.staleWhileRevalidate ?? settings.staleWhileRevalidate,
            staleIfError: rule.staleIfError ?? settings.staleIfError,
            isImmutable: rule.isImmutable ?? false)
    }

    fileprivate static func ofSignatures(_ settings: TagSettings) -> TagPolicy {
        TagPolicy(
            freshFor: min(settings.freshFor, TagPolicies.signatureFreshFor),
            staleWhileRevalidate: .zero, staleIfError: settings.staleIfError, isImmutable: false)
    }
}

extension TagRule {
    fileprivate var isAboutSignatures: Bool {
        guard case .names(_, let tag?) = match else { return false }
        return tag.literalPrefix.hasPrefix(TagPolicies.signaturePrefix)
    }
}
