/// Where the admin API is served, if not on the main port.
import OCI

/// `127.0.0.1:5001`, or `unix:/run/larder/admin.sock`.
enum AdminAddress: Sendable, Equatable {
    case tcp(ListenAddress)
    case unix(path: String)

    /// Whether only this machine reaches it: then it speaks plain HTTP, whatever `tls` says.
    var isLocal: Bool {
        switch self {
        case .tcp(let address): LoopbackHost.matches(address.host)
        case .unix: true
        }
    }

    init(parsing text: String) throws(InvalidValue) {
        guard text.hasPrefix("unix:") else {
            self = .tcp(try ListenAddress(parsing: text))
            return
        }
        let path = text.dropFirst("unix:".count)
        // sockaddr_un's sun_path holds 108 bytes with its closing NUL.
        guard path.hasPrefix("/"), path.utf8.count < 108, !path.unicodeScalars.contains("\0") else {
            throw InvalidValue(
                "expected unix: and an absolute path of at most 107 bytes, not \(text.excerpt)")
        }
        self = .unix(path: String(path))
    }
}

extension AdminAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .tcp(let address): "\(address)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
