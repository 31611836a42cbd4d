/// What the listener proves itself with, read from its files and checked.

import NIOSSL

struct TLSIdentity: Sendable {
    /// Unix seconds.
    let notBefore: Int64
    let notAfter: Int64
    let context: NIOSSLContext

    /// Blocks on files.
    ///
    /// - Throws: `TLSProblem` where a file cannot be read or used, or the key is another
    ///   certificate's. A certificate out of its time is none: clocks are wrong at times.
    init(_ settings: TLSSettings, _ contents: TLSContents) throws(TLSProblem) {
        let files = contents.files
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(contents.certificate),
            let own = chain.first
        else {
            throw TLSProblem(.certificate, "\(files.certificate) holds no PEM certificate")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: contents.key, format: .pem) else {
            throw TLSProblem(.key, "\(files.key) holds no PEM key without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion =
            settings.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.cipherSuiteValues = Self.cipherSuites
        configuration.applicationProtocols = ["http/1.1"]
        if let path = files.clientCA {
            guard let roots = try? NIOSSLCertificate.fromPEMBytes(contents.clientCA),
                !roots.isEmpty
            else { throw TLSProblem(.clientCA, "\(path) holds no PEM certificate") }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification =
                settings.clientCertificates == .require
                ? .noHostnameVerification : .optionalVerification
            configuration.sendCANameList = true
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw TLSProblem(
                .key, "the key in \(files.key) is not that of \(files.certificate)")
        }
        self.context = context
        notBefore = Int64(own.notValidBefore)
        notAfter = Int64(own.notValidAfter)
    }

    /// Of TLS 1.2: forward secrecy and authenticated encryption alone (RFC 9325 §4.2). All of
    /// TLS 1.3's are such.
    private static let cipherSuites: [NIOTLSCipher] = [
        .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]

    /// Why clients will refuse the certificate at `time`, in Unix seconds; nil where they will
    /// not for its dates.
    func expiryWarning(at time: Int64, file: String) -> String? {
        if time > notAfter { return "the certificate in \(file) expired at \(Timestamp(notAfter))" }
        if time < notBefore {
            return "the certificate in \(file) is not valid before \(Timestamp(notBefore))"
        }
        return nil
    }
}

/// A file that the listener cannot be run with.
struct TLSProblem: Error, Equatable, CustomStringConvertible {
    /// The key of `tls:` that names the file.
    enum Key: String {
        case certificate, key
        case clientCA = "client_ca"
    }

    let key: Key
    /// Names the file.
    let description: String

    init(_ key: Key, _ description: String) {
        self.key = key
        self.description = description
    }
}

/// The bytes of the files, to be compared with those in use.
struct TLSContents: Sendable, Equatable {
    let files: TLSFiles
    let certificate: [UInt8]
    let key: [UInt8]
    /// Empty where no file is named.
    let clientCA: [UInt8]

    private static let maximumBytes = 4 << 20

    /// Blocks on files.
    init(
        _ files: TLSFiles,
        _ readFile: (String, Int) throws(FileProblem) -> [UInt8] = BoundedFile.contents
    ) throws(TLSProblem) {
        func read(_ path: String, _ key: TLSProblem.Key) throws(TLSProblem) -> [UInt8] {
            do throws(FileProblem) {
                return try readFile(path, Self.maximumBytes)
            } catch {
                throw TLSProblem(key, "\(path) cannot be read: \(error)")
            }
        }
        self.files = files
        certificate = try read(files.certificate, .certificate)
        key = try read(files.key, .key)
        clientCA =
            try files.clientCA.map { path throws(TLSProblem) in
                try read(path, .clientCA)
            } ?? []
    }
}
