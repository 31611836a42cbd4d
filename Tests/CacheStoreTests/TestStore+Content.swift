/// Putting images into a store and using them, as pulls do.
import Foundation
import NIOCore
import NIOPosix
import OCI
import TestKit

@testable import CacheStore

extension TestStore {
    func key(_ repository: String, upstream: String = "docker.io") throws -> RepositoryKey {
        RepositoryKey(upstream: upstream, repository: try RepositoryName(repository))
    }

    // MARK: Storing

    func beginFill(
        of digest: Digest, length: Int64?, upstream: String = "docker.io"
    ) async throws -> Fill {
        try await store.beginFill(
            digest, length: length, upstream: upstream,
            on: MultiThreadedEventLoopGroup.singleton.any())
    }

    /// Commits a blob the way a fetch does.
    @discardableResult
    func commit(_ bytes: [UInt8], in key: RepositoryKey? = nil) async throws -> Digest {
        let (digest, key) = (Digest.sha256(of: bytes), key ?? self.key)
        let fill = try await beginFill(
            of: digest, length: Int64(bytes.count), upstream: key.upstream)
        fill.announce(length: Int64(bytes.count))
        try await store.recordProof(of: digest, in: key)
        try await fill.append(ByteBuffer(bytes: bytes))
        try await fill.verify()
        await fill.commit()
        return digest
    }

    /// Stores a manifest, by its tag where it has one.
    func put(
        manifest bytes: [UInt8], tag: String? = nil, in key: RepositoryKey? = nil
    ) async throws {
        let (digest, key) = (Digest.sha256(of: bytes), key ?? self.key)
        try await store.put(
            try Manifest(bytes: bytes, contentType: nil), digest: digest, upstream: key.upstream)
        if let tag {
            try await store.recordTag(try Tag(tag), in: key, is: digest)
        } else {
            try await store.recordProof(of: digest, in: key)
        }
    }

    /// Stores all of an image that is not there yet.
    func put(
        _ image: SyntheticImage, tag: String? = nil, in key: RepositoryKey? = nil
    ) async throws {
        try await put(manifest: image.manifest, tag: tag, in: key)
        for blob in image.blobs where try await !isStored(.sha256(of: blob)) {
            try await commit(blob, in: key)
        }
    }

    func isStored(_ digest: Digest) async throws -> Bool {
        try await store.reader.read { try $0.blob(digest) } != nil
    }

    func areStored(_ digests: [Digest]) async throws -> [Bool] {
        var stored: [Bool] = []
        for digest in digests { stored.append(try await isStored(digest)) }
        return stored
    }

    /// The file's content as a client would follow it; nil for a miss.
    func open(_ digest: Digest) async throws -> GrowingFile? {
        let record = try await store.reader.read { try $0.blob(digest) }
        guard let record else { return nil }
        return try await store.content(of: digest, record: record)
    }

    // MARK: Requests

    /// Counts a request that was answered 200.
    func count(
        _ subject: RequestRecord.Subject, isHead: Bool = false, startsAtZero: Bool = true,
        status: Int = 200, result: RequestRecord.Result = .hit, bytes: Int64 = 0,
        client: String = "10.0.0.1", in key: RepositoryKey? = nil
    ) {
        store.record(
            RequestRecord(
                client: client, repository: key ?? self.key, subject: subject, isHead: isHead,
                startsAtZero: startsAtZero, status: status, result: result, bytes: bytes))
    }

    // MARK: Looking

    /// The first column of every row.
    func integers(_ sql: String) async throws -> [Int64] {
        try await store.reports.read { try $0.all(sql) { $0.integer(0) } }
    }

    func texts(_ sql: String) async throws -> [String] {
        try await store.reports.read { try $0.all(sql) { $0.text(0) ?? "NULL" } }
    }

    func integer(_ sql: String) async throws -> Int64? { try await integers(sql).first }

    func accessedAt(_ digest: Digest) async throws -> Int64? {
        try await store.reports.read { database in
            try database.first(
                """
                SELECT a.accessed_at FROM access a JOIN digest d ON d.id = a.digest_id
                WHERE d.value = ?
                """, digest.indexKey
            ) { $0.integer(0) }
        }
    }

    /// The image's manifest and all its blobs.
    static func digests(_ image: SyntheticImage) -> [Digest] {
        [image.digest] + image.blobs.map { .sha256(of: $0) }
    }
}
