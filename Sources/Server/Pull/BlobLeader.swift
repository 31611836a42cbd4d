/// Drives one fill from an upstream: first answer, breaks, verification, commit.

import CacheStore
import Logging
import NIOCore
import OCI
import Upstream

struct BlobLeader: Sendable {
    let fetch: BlobFetch

    private var client: RegistryClient { fetch.target.registry.client }
    private var repository: RepositoryName { fetch.target.key.repository }

    /// Ends when the digest is committed, given up, or left as a partial.
    func run() async {
        do {
            let (fill, first) = try await begin()
            fetch.counter.count(await complete(fill, from: first))
        } catch {
            fetch.started.keep(.failure(error))
        }
    }

    /// The upstream's answer comes first: without a 200 there is no file, and no proof.
    private func begin() async throws -> (Fill, BlobResponse) {
        let checkpoint = try await fetch.store.checkpoint(of: fetch.digest)
        let first = try await fetch.download.request(
            from: checkpoint, canHandOver: true)
        let length = try await length(of: first)
        let fill = try await fill(length: length, first)
        if let length { fill.announce(length: length) }
        fetch.started.keep(.success(fill))
        return (fill, first)
    }

    private func fill(length: Int64?, _ first: BlobResponse) async throws -> Fill {
        do {
            return try await fetch.store.beginFill(
                fetch.digest, length: length, upstream: fetch.target.key.upstream, on: fetch.loop)
        } catch is Store.NoRoom {
            await recordProof()
            let isWhole = if case .whole = first.kind { true } else { false }
            throw StreamsUncached(
                blob: UncachedBlob(
                    fetch.download, length: length, first: isWhole ? first : nil))
        }
    }

    private func length(of response: BlobResponse) async throws -> Int64? {
        switch response.kind {
        case .whole(let length?): return length
        case .partial(let range) where range.total != nil: return range.total
        default: return try? await client.headBlob(repository, fetch.digest).size
        }
    }

    private func recordProof() async {
        let (digest, key) = (fetch.digest, fetch.target.key)
        await fetch.store.remember { try await $0.recordProof(of: digest, in: key) }
    }

    /// The proof is on record before anybody has the whole of it, and in nobody's way till then.
    private func complete(_ fill: Fill, from first: BlobResponse) async -> FillResult {
        async let proof: Void = recordProof()
        do {
            try await fill.resume()
            try await fetch.download.run(
                from: fill.position, length: fill.content.length, first: first
            ) { try await fill.append($0) }
            await proof
            try await fill.verify()
            return await fill.commit() ? .verified : .storage
        } catch is CancellationError {
            await fill.suspend()
            return .abandoned
        } catch is Store.NoRoom {
            fetch.logger.notice(
                "no room left: going on uncached",
                metadata: ["digest": "\(fetch.digest)", "position": "\(fill.position)"])
            await fill.overflow()
            return .overflowed
        } catch {
            let failure = FillFailure(error)
            fetch.logger.warning(
                "fetch failed",
                metadata: [
                    "digest": "\(fetch.digest)", "repository": "\(fetch.target.key)",
                    "error": "\(failure)",
                ])
            if case .digestMismatch = failure {
                client.distrust(first.endpoint, for: fetch.digest)
            }
            await fill.fail(failure)
            return FillResult(failure)
        }
    }
}

extension FillFailure {
    init(_ error: any Error) {
        switch error {
        case let failure as FillFailure: self = failure
        case let error as UpstreamError: self = .interrupted("\(error)")
        default: self = .storage("\(error)")
        }
    }
}
