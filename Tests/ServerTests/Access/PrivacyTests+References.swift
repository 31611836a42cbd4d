/// A manifest of one's own that names somebody else's digests gives no right to them (R62).
import NIOHTTP1
import OCI
import TestKit
import Testing
import Upstream

@testable import CacheStore
@testable import Server

extension PrivacyTests {
    @Test("a manifest that names a private digest gives no right to it", arguments: Warmth.allCases)
    func foreignReference(_ warmth: Warmth) async throws {
        let evil = "/v2/lab.local/bob/evil"
        try await PrivateImage.with { setting in
            Thief.addAll(to: setting.registry, in: "bob/evil")
            try await setting.enter(warmth) {
                for thief in Thief.allCases {
                    let path = "\(evil)/manifests/\(thief)"
                    #expect(try await setting.larder.request(.GET, path, as: bob).status == 200)
                    try await setting.larder.waitUntilStored("\(thief)", in: "bob/evil")
                }
            }
            for question in PrivateImage.questions(in: evil) {
                let response = try await setting.ask(question, as: bob)
                let expected = warmth == .upstreamDown ? 503 : 404
                #expect(response.status == expected, "\(question)")
            }
        }
    }

    @Test(
        "a manifest in an open upstream gives no right to a private digest either",
        arguments: Warmth.allCases)
    func openUpstream(_ warmth: Warmth) async throws {
        let evil = "/v2/library/evil"
        try await withOpenThieves { open, openURL in
            try await PrivateImage.with(change: { $0.upstreams["docker.io"]?.url = openURL }) {
                setting in
                try await setting.enter(warmth) {
                    for thief in Thief.allCases {
                        let path = "\(evil)/manifests/\(thief)"
                        #expect(try await setting.larder.request(.GET, path).status == 200)
                        try await setting.larder.waitUntilStored(
                            "\(thief)", in: "library/evil", of: "docker.io")
                    }
                }
                if warmth == .upstreamDown {
                    open.inject(.respond(status: 503), on: RequestMatcher())
                }
                for question in PrivateImage.questions(in: evil) {
                    let response = try await setting.ask(question, as: .anonymous)
                    let expected = warmth == .upstreamDown ? 503 : 404
                    #expect(response.status == expected, "\(question)")
                }
            }
        }
    }

    /// Runs `body` with a registry whose `library/evil` names the private image in every way.
    func withOpenThieves(
        _ body: (ScriptedRegistry, EndpointURL) async throws -> Void
    ) async throws {
        try await ScriptedRegistry.with { open in
            Thief.addAll(to: open, in: "library/evil")
            try await body(open, try #require(EndpointURL(open.url)))
        }
    }
}

/// How a manifest names what is not its own. The name is the manifest's tag.
private enum Thief: String, CaseIterable {
    case layer, foreignLayer, subject, child

    static func addAll(to registry: ScriptedRegistry, in repository: String) {
        for thief in allCases {
            registry.add(
                repository: repository, manifest: Array(thief.manifest.utf8),
                mediaType: thief == .child ? .ociIndex : .ociManifest, tags: [thief.rawValue])
        }
    }

    private var manifest: String {
        let image = PrivateImage.image
        let own = Digest.sha256(of: Array("{}".utf8))
        let (first, second) = (image.layerDigests[0], image.layerDigests[1])
        let whole = Self.descriptor("\(MediaType.ociManifest)", image.digest)
        let plain = "application/vnd.oci.image.layer.v1.tar"
        let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        let urls = #","urls":["http://127.0.0.1:9/x"]"#
        return switch self {
        case .layer:
            Self.manifest(image.configDigest, [Self.descriptor(plain, first)])
        case .foreignLayer:
            Self.manifest(own, [first, second].map { Self.descriptor(foreign, $0, urls) })
        case .subject:
            Self.manifest(own, [], #","subject":\#(whole)"#)
        case .child:
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(whole)]}"#
        }
    }

    private static func manifest(_ config: Digest, _ layers: [String], _ more: String = "")
        -> String
    {
        let type = "application/vnd.oci.image.config.v1+json"
        return #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + descriptor(type, config) + #","layers":[\#(layers.joined(separator: ","))]\#(more)}"#
    }

    private static func descriptor(_ type: String, _ digest: Digest, _ more: String = "") -> String
    {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":3000\#(more)}"#
    }
}
