/// `larder cert`

import ArgumentParser
import Glibc
import NIOPosix

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Make a certificate for TLS.",
        discussion: """
            Writes larder.crt and larder.key, and says what to configure and how clients come to \
            trust it. Files that are there already stay as they are.
            """)

    @Option(
        name: .customLong("self-signed"),
        help: ArgumentHelp(
            "Have it vouch for itself; the directory for both files.", valueName: "directory"))
    var directory: String

    @Option(
        name: .customLong("host"),
        help: """
            A name or address that clients use; repeatable (default: this machine's name). \
            localhost is always among them.
            """)
    var hosts: [String] = []

    @Option(help: "How many days it is good for.")
    var days = SelfSignedCertificate.maximumDays

    func validate() throws {
        guard (1...SelfSignedCertificate.maximumDays).contains(days) else {
            throw ValidationError(
                "--days: expected a number from 1 to \(SelfSignedCertificate.maximumDays)")
        }
        for host in hosts where SelfSignedCertificate.address(host) == nil {
            let name = host.hasPrefix("*.") ? String(host.dropFirst(2)) : host
            guard HostName(name) != nil else {
                throw ValidationError(
                    "--host: expected a name or address without port, not \(host)")
            }
        }
    }

    func run() async throws {
        let files = try await NIOThreadPool.singleton.runIfActive {
            try write(now: Int64(time(nil)))
        }
        print(files.advice)
    }

    /// What was written. Blocks on files.
    func write(now: Int64) throws -> CertificateFiles {
        let given = hosts.isEmpty ? [Self.machineName].compactMap(\.self) : hosts
        let local = ["localhost", "127.0.0.1", "::1"].filter { !given.contains($0) }
        let made = try SelfSignedCertificate(hosts: given + local, days: days, now: now)
        let files = CertificateFiles(
            directory: directory, host: given.first ?? "localhost", notAfter: made.notAfter)
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            throw CertificateFiles.Failure(directory)
        }
        // The key first: without it the certificate is of no use, nor in anybody's way.
        try CertificateFiles.write(made.key, to: files.key, mode: 0o600)
        try CertificateFiles.write(made.certificate, to: files.certificate, mode: 0o644)
        return files
    }

    private static var machineName: String? {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
        let name = String(
            decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return HostName(name)?.text
    }
}

/// Where a certificate and its key were written.
struct CertificateFiles: Sendable {
    let directory: String
    /// The name that clients are told of.
    let host: String
    let notAfter: Timestamp

    var certificate: String { directory + "/larder.crt" }
    var key: String { directory + "/larder.key" }

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ path: String) {
            description = "\(path): \(String(cString: strerror(errno)))"
        }
    }

    static func write(_ text: String, to path: String, mode: mode_t) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw Failure(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0
        else { throw Failure(path) }
    }

    /// The configuration, and what clients need, with the usual port.
    var advice: String {
        """
        Made \(certificate) and \(key), good until \(notAfter). For the configuration:

        tls:
          certificate: \(certificate)
          key: \(key)

        Clients trust it by a copy of larder.crt:

          Docker      /etc/docker/certs.d/\(host):5000/ca.crt
          Podman      /etc/containers/certs.d/\(host):5000/ca.crt
          containerd  ca = "/path/to/larder.crt" below the [host."https://\(host):5000"] of
                      hosts.toml
          all others  /usr/local/share/ca-certificates/larder.crt, then update-ca-certificates
        """
    }
}
