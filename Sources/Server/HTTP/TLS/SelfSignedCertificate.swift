/// A certificate that vouches for itself, for networks without an authority of their own.

import Crypto
import FoundationEssentials
import Glibc
import SwiftASN1
import X509

struct SelfSignedCertificate: Sendable {
    /// PEM.
    let certificate: String
    /// PEM (PKCS #8).
    let key: String
    let notAfter: Timestamp

    /// Clients of Apple's refuse a server's certificate that is good for longer.
    static let maximumDays = 825

    /// - Parameters:
    ///   - hosts: names and addresses that clients reach the server at; the first is its subject.
    ///   - now: Unix seconds. The certificate is good an hour earlier, for clocks that are slow.
    init(hosts: [String], days: Int, now: Int64) throws {
        let pair = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(pair)
        let name = try DistinguishedName { CommonName(hosts.first ?? "larder") }
        notAfter = Timestamp(now + Int64(days) * 86_400)
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(now - 3600)),
            notValidAfter: Date(timeIntervalSince1970: Double(notAfter.unixSeconds)),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            // No key usage: without keyCertSign in it BoringSSL takes the certificate for one that
            // somebody else issued, and with it, it would have to be an authority's.
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(hosts.map(Self.name))
            },
            issuerPrivateKey: signer)
        certificate = try made.serializeAsPEM().pemString + "\n"
        key = pair.pemRepresentation + "\n"
    }

    private static func name(_ host: String) -> GeneralName {
        address(host).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(host)
    }

    /// The bytes of an IPv4 or IPv6 address; nil for a name.
    static func address(_ host: String) -> [UInt8]? {
        for (family, length) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: length)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
