/// What is configured of the main listener besides its addresses: TLS, and how long clients may
/// keep it waiting.

/// `tls:`. Without a certificate the main listener speaks plain HTTP.
struct TLSSettings: Sendable, Equatable {
    enum ClientCertificates: String, Sendable, CaseIterable {
        /// Nobody is served without one of `clientCA`.
        case require
        /// One that is presented must be of `clientCA`.
        case request
    }

    enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// PEM files.
    var certificate: String?
    var key: String?
    /// Those whose certificates clients prove themselves with; nil where nobody is asked for one.
    var clientCA: String?
    var clientCertificates = ClientCertificates.require
    var minimumVersion = Version.tls12

    /// The files to read; nil for plain HTTP.
    var files: TLSFiles? {
        guard let certificate, let key else { return nil }
        return TLSFiles(certificate: certificate, key: key, clientCA: clientCA)
    }
}

struct TLSFiles: Sendable, Hashable {
    let certificate: String
    let key: String
    let clientCA: String?
}

/// `connections:`
struct ConnectionSettings: Sendable, Equatable {
    enum Maximum: Sendable, Equatable {
        /// Half of the descriptors that the process may have.
        case automatic
        case count(Int)
    }

    /// Of clients, at the main listener's addresses together.
    var maximum = Maximum.automatic
    /// How long a connection may be without a request, and a request take to arrive with its body.
    var idleTimeout = Duration.seconds(120)
    /// How long a request's head may take to arrive, on a new connection the TLS handshake
    /// included.
    var headerTimeout = Duration.seconds(15)
    /// How long a client may take no byte of what is sent to it.
    var writeTimeout = Duration.seconds(300)
}
