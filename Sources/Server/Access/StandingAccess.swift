/// Recognises and judges whoever asks for what was answered before, without waiting for anything.

import CacheStore
import OCI
import Upstream

/// By what is known already: passwords that were verified, tokens that can be opened, verdicts that
/// hold, rules. It lets in only whom the normal path would, and leaves all others to it: to be
/// asked to sign in, refused, or asked about (docs/access.md).
struct StandingAccess: Sendable {
    let signIn: SignIn
    let policy: AccessPolicy

    /// Who asks; nil where the normal path has to judge.
    ///
    /// - Parameter authorization: the field as it was sent.
    func admit(
        _ requester: Requester, showing authorization: String?, to asked: AskedContent,
        on terms: AccessTerms
    ) -> Requester? {
        var requester = requester
        if let age = terms.verdictsHold {
            guard hasVerdict(authorization, on: asked.repository, within: age) else { return nil }
        } else if signIn.users.isConfigured {
            guard let caller = user(showing: authorization, from: requester) else { return nil }
            requester.user = caller.user
            guard caller.user != nil || policy.allowsAnonymous else { return nil }
        }
        // What is judged by tags that the request does not name has no terms.
        guard terms.askRules else { return requester }
        let question = AccessQuestion(asked.repository, by: requester)
        let decision = policy.rules.decision(on: question, tags: asked.tag.map { [$0] } ?? [])
        return decision.isAllowed ? requester : nil
    }

    private func hasVerdict(
        _ authorization: String?, on repository: RepositoryKey, within age: Duration
    ) -> Bool {
        guard case .bearer(let text) = PresentedCredential(authorization),
            let grant = signIn.open(text)?.grant(
                for: repository.repository, of: repository.upstream)
        else { return false }
        let key = VerdictKey(identity: grant.identity, repository: repository)
        return signIn.verdicts.isAllowed(key, within: age)
    }

    /// One of Larder's users, or anybody; nil for whom it does not know, and for a password that
    /// has to be verified first.
    private func user(showing authorization: String?, from requester: Requester) -> Caller? {
        switch PresentedCredential(authorization) {
        case .none: Caller()
        case .bearer(let text): signIn.open(text).map { Caller(user: $0.user) }
        case .basic(let credential):
            signIn.isVerified(credential, from: requester.key)
                ? Caller(user: credential.username) : nil
        case .unusable: nil
        }
    }
}
