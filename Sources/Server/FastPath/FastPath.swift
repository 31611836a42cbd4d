/// Finds the answer to a plain request among the hot objects.

import CacheStore
import Glibc
import HTTPTypes
import NIOCore

/// What the connections' handlers share.
struct FastPath: Sendable {
    let objects: HotObjects
    let ledger: RequestLedger
    let access: CurrentAccess
    private let signIn: SignIn
    private let clock: StoreClock
    let heads = LoopHeads()

    init(_ objects: HotObjects, _ ledger: RequestLedger) {
        self.objects = objects
        self.ledger = ledger
        access = ledger.services.access
        signIn = ledger.services.signIn
        clock = ledger.services.store.clock
    }

    private var moment: Moment { Moment(wall: Int64(time(nil)), store: clock.now()) }

    /// Nil for what the normal path has to answer.
    ///
    /// - Parameter forwarded: asked for where the peer is a trusted proxy.
    func exchange(
        _ asked: HotRequest, _ forwarded: @autoclosure () -> ForwardedFields, over peer: Peer
    ) -> FastExchange? {
        var request = asked
        let asker = peer.requester(host: request.key.host, forwarded())
        if peer.isTrustedProxy { request = request.asked(at: asker.host) }
        guard let object = objects.find(request),
            let requester = StandingAccess(signIn: signIn, policy: peer.policy).admit(
                asker, showing: request.authorization, to: object.asked, on: object.terms)
        else { return nil }
        let moment = moment
        var entry = AccessEntry(
            client: requester.address, method: request.isHead ? .head : .get, path: "")
        entry.asked = object.asked
        do {
            let lease = try object.lease()
            guard object.isFresh(at: moment), let answer = object.answer(to: request, at: moment)
            else { return nil }
            let admission = try access.limits.admit(
                requester, isDownload: object.isBlob && !request.isHead)
            return FastExchange(answer, entry, lease, admission)
        } catch {
            return nil
        }
    }
}

/// A request that is answered on the event loop.
final class FastExchange {
    let answer: FastAnswer
    let entry: AccessEntry
    /// A blob's; held until its last byte is sent.
    let lease: OpenFiles.Lease?
    /// Likewise, where its client's downloads are limited.
    let admission: ClientAdmission?

    fileprivate init(
        _ answer: FastAnswer, _ entry: AccessEntry, _ lease: OpenFiles.Lease?,
        _ admission: ClientAdmission?
    ) {
        self.answer = answer
        self.entry = entry
        self.lease = lease
        self.admission = admission
    }
}
