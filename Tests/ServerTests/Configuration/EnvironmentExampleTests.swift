import Foundation
import TestKit
import Testing

@testable import Server

/// `config/env.example`, in which a `#` without a blank begins a variable.
struct EnvironmentExampleTests {
    private static let variables: [(name: String, value: String)] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../config/env.example").standardized
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            guard line.first == "#", line.dropFirst().first != " ",
                let sign = line.firstIndex(of: "=")
            else { return nil }
            return (String(line.dropFirst()[..<sign]), String(line[line.index(after: sign)...]))
        }
    }()

    private static let files = [
        "/run/secrets/hub": "secret\n", "/run/secrets/larder-admin": "secret\n",
        "/run/secrets/proxy": "secret\n", "/etc/larder/htpasswd": "ann:$2y$05$x\n",
        "/etc/larder/larder.crt": TestCertificates.server.certificate,
        "/etc/larder/larder.key": TestCertificates.server.key,
        "/etc/larder/clients-ca.crt": TestCertificates.authority,
    ]

    @Test func `it has every variable, and no other`() {
        let own = ConfigurationKey.all(upstreams: ["docker.io"]).filter { key in
            key.upstream == nil
                || ConfigurationSchema.upstream.contains { $0.path == key.path && $0.isSupported }
        }
        let known = own.map(\.environmentName) + PredecessorVariable.allCases.map(\.rawValue)
        let names = Self.variables.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(known).subtracting(names) == [], "missing in config/env.example")
        #expect(Set(names).subtracting(known) == [], "unknown")
    }

    @Test func `the examples outside of upstreams are right together`() {
        let own = Self.variables.filter { variable in
            let name = variable.name
            return name.hasPrefix(ConfigurationKey.environmentPrefix)
                && !name.contains("UPSTREAMS__")
        }
        let problems = ConfigurationFixture.problems(
            environment: Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.value) }),
            files: Self.files)
        #expect(problems == [])
    }

    @Test func `the predecessor's examples are right together`() throws {
        let names = Set(PredecessorVariable.allCases.map(\.rawValue))
        let given = Self.variables.filter { names.contains($0.name) }
        let loaded = try Configuration.load(
            environment: Dictionary(uniqueKeysWithValues: given.map { ($0.name, $0.value) }),
            system: ConfigurationFixture.system(files: [:]))
        #expect(loaded.inherited.filter(\.isWarning).map(\.name) == ["DNS_ENABLED"])
    }
}
