// PlatformTests: platforms and how they match.

import Foundation
import OCI
import Testing

@Suite struct PlatformTests {
    @Test(
        "platforms are read and rendered",
        arguments: [
            ("linux/amd64", "linux/amd64"), ("linux/arm/v7", "linux/arm/v7"),
            ("Linux/AMD64", "linux/amd64"), ("linux/x86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"), ("wasi/wasm", "wasi/wasm"),
        ])
    func parsed(text: String, expected: String) throws {
        let platform = try Platform(text)
        #expect("\(platform)" == expected)
        #expect(try Platform(platform.description) == platform)
    }

    @Test(
        "R72, R74: other text is refused",
        arguments: [
            "linux", "linux/", "/amd64", "linux//v7", "linux/arm/", "linux/arm/v7/x", "a,b/c",
        ] + hostileTexts.filter { $0 != "../.." && $0 != "a/../b" })
    func refused(text: String) {
        #expect(throws: RegistryError.self) { try Platform(text) }
    }

    @Test(
        "matching leaves an unstated variant open",
        arguments: [
            ("linux/amd64", "linux/amd64", true), ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm64/v8", "linux/arm64", true), ("linux/arm", "linux/arm/v7", true),
            ("linux/arm/v6", "linux/arm/v7", false), ("linux/amd64", "linux/arm64", false),
            ("linux/amd64", "windows/amd64", false),
        ])
    func matching(wanted: String, offered: String, expected: Bool) throws {
        #expect(try Platform(wanted).matches(Platform(offered)) == expected)
    }

    @Test(
        "R74: a descriptor's odd platform is dropped, not shown",
        arguments: [
            (#"{"os":"linux","architecture":"arm","variant":"v7"}"#, "linux/arm/v7"),
            (
                #"{"os":"windows","architecture":"amd64","os.version":"10.0.17763.1"}"#,
                "windows/amd64"
            ),
            (#"{"os":"linux","architecture":"amd64","variant":""}"#, "linux/amd64"),
            (#"{"os":"linux\r\nX: y","architecture":"amd64"}"#, nil), (#""linux/amd64""#, nil),
            ("null", nil),
        ] as [(String, String?)])
    func decoded(json: String, expected: String?) throws {
        let text = #"{"digest":"\#(sha256Text)","size":1,"platform":\#(json)}"#
        let descriptor = try JSONDecoder().decode(Descriptor.self, from: Data(text.utf8))
        #expect(descriptor.platform?.description == expected)
    }
}
