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
    let clock: StoreClock
    let heads = LoopHeads()

    private var moment: Moment { Moment(wall: Int64(time(nil)), store: clock.now()) }

    /// Nil for what the normal path has to answer.
    ///
    /// - Parameter forwarded: asked for where the peer is a trusted proxy.
    func exchange(
        _ asked: HotRequest, _ forwarded: @autoclosure () -> ForwardedFields, over peer: Peer
    ) -> FastExchange? {
        var request = asked
        let requester = peer.requester(host: request.key.host, forwarded())
        if peer.isTrustedProxy { request = request.asked(at: requester.host) }
        guard let object = objects.find(request) else { return nil }
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
