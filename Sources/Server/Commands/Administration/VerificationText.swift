/// `/admin/v1/verify` for people.

enum VerificationText {
    static func progress(_ document: VerificationDocument) -> String {
        "\(Readable.count(document.checkedObjects)) of "
            + "\(Readable.count(document.objects, "object")), "
            + Readable.size(document.checkedBytes)
    }

    static func lines(_ document: VerificationDocument, now: Int64) -> [String] {
        let start = Readable.age(document.startedAt, at: now)
        let end = Readable.age(document.endedAt, at: now)
        let damage = "\(Readable.count(document.damagedObjects)) damaged"
        return switch document.state {
        case .idle where document.startedAt == nil: ["nothing was verified since larder started"]
        case .idle: ["stopped \(end) after \(progress(document)), \(damage)"]
        case .running: ["running since \(start): \(progress(document)), \(damage)"]
        case .done: ["verified \(progress(document)), \(damage), done \(end)"]
        case .failed: ["failed \(end) after \(progress(document)), \(damage): see larder's log"]
        }
    }

    /// Nil where all is well.
    static func failure(_ document: VerificationDocument) -> CommandFailure? {
        if document.damagedObjects > 0 {
            return .failed(
                "\(Readable.count(document.damagedObjects, "damaged object")) set aside, to be "
                    + "fetched again at the next use")
        }
        return document.state == .failed ? .failed("the verification broke off") : nil
    }
}
