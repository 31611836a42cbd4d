/// Counts requests in memory, to be written together: no request waits for a write.

import Logging
import OCI
import Synchronization

/// What was counted since the last flush.
struct Tally: Sendable {
    struct Access: Sendable {
        /// A manifest's rank rises by whatever means it was asked for.
        private(set) var isManifest = false
        var hits: Int64 = 0
        /// Unix seconds.
        var last: Int64

        mutating func add(hits: Int64, isManifest: Bool, at time: Int64) {
            self.hits += hits
            self.isManifest = self.isManifest || isManifest
            last = time
        }
    }

    struct Image: Sendable {
        /// What the reference named when it was asked for; nil where only blobs were.
        var digest: Digest?
        var pulls: Int64 = 0
        var bytes: Int64 = 0
        var last: Int64
        /// How often it was put off since its manifest was not in the store yet.
        var delays = 0

        mutating func add(_ image: AttributedImage, bytes: Int64, at time: Int64) {
            self.bytes += bytes
            pulls += image.isPull ? 1 : 0
            last = time
            digest = image.digest ?? digest
        }
    }

    struct Client: Sendable {
        var requests: Int64 = 0
        var bytes: Int64 = 0
        var last: Int64

        mutating func add(_ bytes: Int64, at time: Int64) {
            requests += 1
            self.bytes += bytes
            last = time
        }
    }

    var digests: [Digest: Access] = [:]
    var images: [ImageKey: Image] = [:]
    var repositories: [RepositoryKey: Traffic] = [:]
    var clients: [String: Client] = [:]
    /// By the Unix second at which the hour begins.
    var hours: [Int64: Traffic] = [:]

    var isEmpty: Bool { digests.isEmpty && repositories.isEmpty && images.isEmpty }

    static func hour(of time: Int64) -> Int64 { time - time % 3600 }
}

final class Accounts: Sendable {
    private struct State {
        var tally = Tally()
        var attribution = ImageAttribution()
        var lastFlush: Task<Void, Never>?
    }

    /// Client addresses held between two flushes; further ones count as `other`.
    private static let maximumClients = 10_000
    static let otherClients = "other"

    private let state = Mutex(State())

    func record(_ record: RequestRecord, at time: Int64) {
        state.withLock { state in
            let traffic = record.traffic
            state.tally.add(traffic, to: record.repository, at: time)
            state.tally.add(record, toClient: record.client, limit: Self.maximumClients, at: time)
            guard record.isUse else { return }
            state.tally.addAccess(record, at: time)
            guard let image = state.attribution.image(of: record, at: time) else { return }
            state.tally.add(image, bytes: record.bytes, at: time)
        }
    }

    func fetched(_ bytes: Int64, for repository: RepositoryKey, at time: Int64) {
        var traffic = Traffic()
        traffic.bytesFetched = bytes
        state.withLock { $0.tally.add(traffic, to: repository, at: time) }
    }

    func take() -> Tally {
        state.withLock { state in
            defer { state.tally = Tally() }
            return state.tally
        }
    }

    /// Writes what was counted since the last call, in one transaction. Where that fails, as
    /// on a full disk, the counts are lost and serving goes on (R39).
    ///
    /// Ends when everything counted before the call is written, whichever call wrote it: a plan
    /// relies on it.
    func flush(to writer: IndexWriter, logger: Logger) async {
        let flush = state.withLock { state in
            let flush = Task { [previous = state.lastFlush] in
                await previous?.value
                await self.write(to: writer, logger)
            }
            state.lastFlush = flush
            return flush
        }
        await flush.value
    }

    private func write(to writer: IndexWriter, _ logger: Logger) async {
        let tally = take()
        guard !tally.isEmpty else { return }
        do {
            let late = try await writer.perform { try $0.add(tally) }
            state.withLock { $0.tally.putOff(late) }
        } catch {
            logger.warning("counts not written", metadata: ["error": "\(error)"])
        }
    }

    /// What is counted but not written yet, for answers that must not lag.
    var pending: Traffic {
        state.withLock { $0.tally.repositories.values.reduce(Traffic(), +) }
    }
}

extension Tally {
    /// Keeps images for the next flush, with what came meanwhile.
    fileprivate mutating func putOff(_ late: [ImageKey: Image]) {
        for (key, earlier) in late {
            var image = earlier
            image.delays += 1
            if let later = images[key] {
                image.digest = later.digest ?? image.digest
                image.pulls += later.pulls
                image.bytes += later.bytes
                image.last = max(image.last, later.last)
            }
            images[key] = image
        }
    }

    fileprivate mutating func add(_ traffic: Traffic, to repository: RepositoryKey, at time: Int64)
    {
        repositories[repository, default: Traffic()] += traffic
        hours[Self.hour(of: time), default: Traffic()] += traffic
    }

    fileprivate mutating func add(
        _ record: RequestRecord, toClient client: String, limit: Int, at time: Int64
    ) {
        if let known = clients.index(forKey: client) {
            return clients.values[known].add(record.bytes, at: time)
        }
        let address = clients.count < limit ? client : Accounts.otherClients
        clients[address, default: Client(last: time)].add(record.bytes, at: time)
    }

    fileprivate mutating func addAccess(_ record: RequestRecord, at time: Int64) {
        let digest: Digest
        let isManifest: Bool
        switch record.subject {
        case .manifest(let found?, _): (digest, isManifest) = (found, true)
        case .blob(let found): (digest, isManifest) = (found, false)
        case .manifest(nil, _), .listing: return
        }
        let isHit = !record.isHead && record.startsAtZero
        digests[digest, default: Access(last: time)].add(
            hits: isHit ? 1 : 0, isManifest: isManifest, at: time)
    }

    fileprivate mutating func add(
        _ image: AttributedImage, bytes: Int64, at time: Int64
    ) {
        images[image.key, default: Image(last: time)].add(image, bytes: bytes, at: time)
    }
}
