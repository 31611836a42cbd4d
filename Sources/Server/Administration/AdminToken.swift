/// The bearer token that changing operations ask for.

import Upstream

/// Compared in constant time; never logged, never told.
struct AdminToken: Sendable {
    enum Verdict: Sendable {
        case valid
        case missing
        case wrong
    }

    static let fileName = "admin.token"

    private let secret: Secret

    init(_ secret: Secret) {
        self.secret = secret
    }

    /// The configured token, else the one in the data directory, which is made at the first start.
    ///
    /// - Throws: `SecretFileError` where the file cannot be read or made. Blocking.
    static func load(_ settings: AdminSettings, dataDirectory: String) throws -> AdminToken {
        guard settings.token.reveal().isEmpty else { return AdminToken(settings.token) }
        return AdminToken(try SecretFile.load(dataDirectory + "/" + fileName))
    }

    /// - Parameter authorization: the field of a request, nil where it has none.
    func check(_ authorization: String?) -> Verdict {
        guard let authorization, let space = authorization.firstIndex(of: " "),
            authorization[..<space].lowercased() == "bearer"
        else { return .missing }
        let offered = authorization[authorization.index(after: space)...].drop { $0 == " " }
        return isEqual(Array(offered.utf8), Array(secret.reveal().utf8)) ? .valid : .wrong
    }

    /// Takes as long whatever is offered, save for its length.
    private func isEqual(_ offered: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard offered.count == wanted.count else { return false }
        return zip(offered, wanted).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
