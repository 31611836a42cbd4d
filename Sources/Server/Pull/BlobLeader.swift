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
            await complete(fill, from: first)
        } catch {
            fetch.started.keep(.failure(error))
        }
    }

    /// The upstream's answer comes first: without a 200 there is no file, and no proof.
    private func begin() async throws -> (Fill, BlobResponse) {
        let checkpoint = try await fetch.store.checkpoint(of: fetch.digest)
        let first = try await request(from: checkpoint)
        let fill = try await fetch.store.beginFill(fetch.digest, on: fetch.loop)
        if let length = try await length(of: first) { fill.announce(length: length) }
        fetch.started.keep(.success(fill))
        recordProof()
        return (fill, first)
    }

    private func request(from position: Int64, total: Int64? = nil) async throws -> BlobResponse {
        try await client.blob(
            repository, fetch.digest,
            range: position > 0 ? RequestedRange(start: position) : nil, total: total)
    }

    private func length(of response: BlobResponse) async throws -> Int64? {
        switch response.kind {
        case .whole(let length?): return length
        case .partial(let range) where range.total != nil: return range.total
        default: return try? await client.headBlob(repository, fetch.digest).size
        }
    }

    private func recordProof() {
        let (store, digest, key) = (fetch.store, fetch.digest, fetch.target.key)
        Task {
            do {
                try await store.recordProof(of: digest, in: key)
            } catch {
                fetch.logger.warning(
                    "proof not recorded", metadata: ["digest": "\(digest)", "error": "\(error)"])
            }
        }
    }

    private func complete(_ fill: Fill, from first: BlobResponse) async {
        do {
            try await fill.resume()
            try await pourAll(from: first, into: fill)
            try await fill.verify()
            await fill.commit()
        } catch is CancellationError {
            await fill.suspend()
        } catch {
            let failure = FillFailure(error)
            fetch.logger.warning(
                "fetch failed",
                metadata: [
                    "digest": "\(fetch.digest)", "repository": "\(fetch.target.key)",
                    "error": "\(failure)",
                ])
            await fill.fail(failure)
        }
    }

    /// Goes on by Range after each break, until the tries are used up (R17, R56, R57).
    private func pourAll(from first: BlobResponse, into fill: Fill) async throws {
        var policy = ResumePolicy(
            limit: fetch.settings.resumeAttempts, position: fill.position)
        var next: BlobResponse? = first
        while true {
            do {
                let response: BlobResponse
                if let first = next {
                    response = first
                } else {
                    response = try await request(from: fill.position, total: fill.content.length)
                }
                next = nil
                return try await pour(response, into: fill)
            } catch let error as UpstreamError {
                guard !Task.isCancelled else { throw CancellationError() }
                guard let pause = policy.next(after: fill.position) else { throw error }
                fetch.logger.info(
                    "fetch broke off, going on",
                    metadata: [
                        "digest": "\(fetch.digest)", "position": "\(fill.position)",
                        "error": "\(error)",
                    ])
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Appends a response that begins at the fill's position, or at 0: then what is there
    /// already is passed over, since a digest names one content.
    private func pour(_ response: BlobResponse, into fill: Fill) async throws {
        var surplus = try surplus(of: response, at: fill.position)
        for try await var chunk in response.body {
            try Task.checkCancellation()
            let skipped = min(surplus, Int64(chunk.readableBytes))
            chunk.moveReaderIndex(forwardBy: Int(skipped))
            surplus -= skipped
            if chunk.readableBytes > 0 { try await fill.append(chunk) }
        }
        if let length = fill.content.length, fill.position < length {
            throw UpstreamError(
                upstream: fetch.target.registry.name, kind: .truncated,
                message: "the body ended at \(fill.position) of \(length) bytes")
        }
    }

    private func surplus(of response: BlobResponse, at position: Int64) throws -> Int64 {
        switch response.kind {
        case .whole: return position
        case .partial(let range):
            guard range.range.lowerBound <= position else {
                throw UpstreamError(
                    upstream: fetch.target.registry.name, kind: .malformed,
                    message: "the range begins past the bytes that are there")
            }
            return position - range.range.lowerBound
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
