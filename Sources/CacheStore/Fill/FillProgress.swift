/// How far a file has come and what of it may be sent: the pure part of `GrowingFile`.

/// Why a file that was being filled will not be completed.
package enum FillFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The content's digest is another one (R1).
    case digestMismatch(found: String)
    /// The content verified but has another length than its readers were promised (R3).
    case lengthMismatch(announced: Int64, actual: Int64)
    /// The upstream broke off more often than is retried.
    case interrupted(String)
    /// Nobody read it any more.
    case abandoned
    /// The disk refused it.
    case storage(String)

    package var description: String {
        switch self {
        case .digestMismatch(let found): "the content has the digest \(found)"
        case .lengthMismatch(let announced, let actual):
            "\(announced) bytes were announced, \(actual) came"
        case .interrupted(let reason): reason
        case .abandoned: "abandoned by its readers"
        case .storage(let reason): reason
        }
    }
}

/// What a reader at some offset may do now.
package enum FillAvailability: Equatable, Sendable {
    /// Send up to here.
    case bytes(upTo: Int64)
    case wait
    /// Everything was sent.
    case end
    /// The disk took no more: the rest is to be had from the upstream alone.
    case detour
    /// Break the connection off.
    case cut(FillFailure)
}

/// Extents, length and outcome of a growing file.
struct FillProgress: Sendable {
    enum Outcome: Sendable, Equatable {
        case open
        case verified
        /// The disk took no more; what is written may be sent.
        case overflowed
        case failed(FillFailure)
    }

    /// Bytes of the end kept from readers until the digest is verified.
    static let heldBack: Int64 = 16 * 1024

    var extents = Extents()
    /// Nil while unknown.
    var length: Int64?
    var outcome = Outcome.open

    /// - Parameter end: where the reader's span ends; nil for the end of a file whose length
    ///   was not known when the reader began.
    func availability(at offset: Int64, end: Int64?) -> FillAvailability {
        if case .failed(let failure) = outcome { return .cut(failure) }
        if offset == (end ?? (outcome == .verified ? length : nil)) { return .end }
        let limit = min(extents.contiguousEnd(from: offset), sendable(end: end))
        if limit > offset { return .bytes(upTo: limit) }
        return outcome == .overflowed ? .detour : .wait
    }

    private func sendable(end: Int64?) -> Int64 {
        guard let end else { return .max }
        let reachesEnd = end == length
        return reachesEnd && outcome != .verified ? max(0, end - Self.heldBack) : end
    }
}
