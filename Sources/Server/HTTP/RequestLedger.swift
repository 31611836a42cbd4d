/// What a request leaves behind when its answer has ended: counts, metrics, a line in the log.

import CacheStore
import HTTPTypes
import NIOCore
import OCI

/// What is kept of an answer to count it by.
struct AnswerSummary: Sendable {
    let status: Int
    /// What the body is, or a part of; nil where it is no content.
    let digest: Digest?
    let outcome: CacheOutcome?
    /// Whether the body begins with the first byte of its content.
    let startsAtZero: Bool
    /// The digest of the blob that is sent whole; nil for anything else.
    let wholeBlob: Digest?
}

extension Answer {
    var summary: AnswerSummary {
        AnswerSummary(
            status: status.code, digest: digest, outcome: outcome, startsAtZero: startsAtZero,
            wholeBlob: wholeBlob)
    }
}

/// The same for the normal path and the fast one.
struct RequestLedger: Sendable {
    let services: PullServices
    let accessLog: AccessLog

    /// - Parameters:
    ///   - bytes: of the body, handed to the kernel.
    ///   - headAt: when the response head was handed on.
    func close(
        _ entry: AccessEntry, _ answer: AnswerSummary, bytes: Int64, isComplete: Bool,
        headAt: NIODeadline, upstreamCalls: Int
    ) {
        if isComplete, let digest = answer.wholeBlob,
            services.repeatedDownloads.isSuspicious(digest, by: entry.client)
        {
            services.store.verifyInBackground(digest)
        }
        if let record = RequestRecord(entry, answer, bytes: bytes) {
            services.store.record(record)
        }
        let now = NIODeadline.now()
        services.metrics.record(entry, answer, bytes: bytes, headAt: headAt, endAt: now)
        accessLog.write(
            entry, status: answer.status, bytes: bytes, isComplete: isComplete,
            outcome: answer.outcome, upstreamCalls: upstreamCalls, endAt: now)
    }
}
