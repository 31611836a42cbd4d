// DigestTests: digests are validated, and rendered as they were read.

import Foundation
import OCI
import TestKit
import Testing

@Suite struct DigestTests {
    @Test(
        "R11: sha256 and sha512 digests are read and rendered",
        arguments: [
            (sha256Text, Digest.Algorithm.sha256), (sha512Text, .sha512),
        ])
    func roundTrip(text: String, algorithm: Digest.Algorithm) throws {
        let digest = try Digest(text)
        #expect(digest.algorithm == algorithm)
        #expect(digest.bytes.count == algorithm.byteCount)
        #expect(digest.bytes.prefix(3) == [0x01, 0x23, 0x45])
        #expect("\(digest)" == text)
        #expect(digest == Digest(algorithm: algorithm, bytes: digest.bytes))
    }

    @Test(
        "R11, R72: other algorithms and bad hex are DIGEST_INVALID",
        arguments: [
            "sha256", "sha256:", ":" + sha256Hex, sha256Hex, "md5:d41d8cd98f00b204e9800998ecf8427e",
            "SHA256:" + sha256Hex, "sha384:" + sha256Hex, "sha256:" + sha256Hex.uppercased(),
            "sha256:" + sha256Hex.dropLast(), sha256Text + "0", "sha512:" + sha256Hex,
            "sha256:" + sha512Hex, "sha256:" + sha256Hex.dropLast() + "g",
            "sha256:" + sha256Hex.dropLast() + "/", "sha256:" + sha256Hex.dropLast(2) + "..",
            "sha256:../" + sha256Hex.dropLast(3), " " + sha256Text, sha256Text + " ",
            sha256Text + "\n", "sha256:" + sha256Hex.dropLast() + "\0",
            "sha256:" + sha256Hex.dropLast() + "１", "sha256::" + sha256Hex.dropLast(),
        ] + hostileTexts)
    func refused(text: String) {
        let error = #expect(throws: RegistryError.self) { try Digest(text) }
        #expect(error?.code == .digestInvalid)
        #expect(error?.status == 400)
    }

    @Test(
        "R72: the error says what is wrong",
        arguments: [
            ("sha256", "algorithm"), ("md5:00", "neither sha256 nor sha512"),
            ("sha256:00", "64 hexadecimal"), ("sha512:00", "128 hexadecimal"),
            ("sha256:" + String(repeating: "G", count: 64), "0-9 and a-f"),
        ])
    func message(text: String, part: String) {
        let error = #expect(throws: RegistryError.self) { try Digest(text) }
        #expect(error?.message.contains(part) == true)
    }

    @Test("a digest is a single string in JSON")
    func json() throws {
        let digest = try Digest(sha256Text)
        let data = try JSONEncoder().encode([digest])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(sha256Text)\"]")
        #expect(try JSONDecoder().decode([Digest].self, from: data) == [digest])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Digest].self, from: Data(#"["md5:00"]"#.utf8))
        }
    }

    @Test("parsing a rendered digest gives the same digest")
    func property() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let digest = generator.digest()
            #expect(try Digest(digest.description) == digest)
        }
    }
}
