// The images of the upstream registry, made once for all tests.

import Foundation

/// The content that the tests' registries serve: one storage directory, only read once it is
/// made.
struct TestImages: Sendable {
    let storage: RegistryStorage
    /// Two platforms, a few layers: the image that every client pulls.
    let base: Image
    /// An image of the upstream `lab.local`, outside `library/`.
    let tool: Image
    /// One layer of 200 MB.
    let large: Image
    let signature: String
    let referrer: String

    static let referrerType = "application/vnd.example.sbom.v1"
    static let largeLayerSize = 200_000_000
    /// The repository that holds `LargeBlob` and nothing else.
    static let largeBlobRepository = "library/twogib"

    /// Makes the images at the first call.
    static func shared() async throws -> TestImages { try await made.value }

    private static let made = Task { try await make() }

    /// The images outlive every test, so they are removed when the process ends.
    private static func make() async throws -> TestImages {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "larder-images-\(ProcessInfo.processInfo.processIdentifier)")
        removeAtExit(directory)
        let storage = RegistryStorage(root: try directory.newDirectory("storage"))
        let builder = ImageBuilder(
            storage: storage, workDirectory: try directory.newDirectory("work"))
        let base = try await builder.addImage(
            "library/base", tag: "1", layerSizes: [2_000_000, 300_000, 8_000_000])
        let blob = directory.appending(path: "large")
        try LargeBlob.write(to: blob)
        try storage.addBlob(movedFrom: blob, digest: LargeBlob.digest, to: largeBlobRepository)
        return TestImages(
            storage: storage, base: base,
            tool: try await builder.addImage("team/tool", tag: "v2", layerSizes: [500_000]),
            large: try await builder.addImage(
                "library/large", tag: "1", layerSizes: [largeLayerSize], compressed: false),
            signature: try await builder.addCosignSignature(to: base),
            referrer: try await builder.addReferrer(to: base, artifactType: referrerType))
    }
}
