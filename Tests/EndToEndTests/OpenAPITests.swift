// The description of the HTTP API against the program.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct OpenAPI {
        @Test("Every answer is what /openapi.json says, asked well and badly (schemathesis)")
        func schemathesis() async throws {
            try await Lab.with { lab in
                let token = "a-token-of-the-end-to-end-tests"
                var larder = lab.larder
                larder.adminToken = token
                larder.settings = """
                    stats: {access: admin}
                    eviction: {min_age: 0s}
                    """
                try await larder.running { _ in
                    try await lab.registry.running {
                        try await lab.pullImages(through: larder)
                        try await Tool(
                            name: "bash", environment: ["LARDER_ADMIN_TOKEN": token]
                        ).run([Self.script, larder.url])
                    }
                }
                #expect(try larder.logLines("not answered").isEmpty)
            }
        }

        private static let script = URL(filePath: #filePath)
            .appending(path: "../../../scripts/check-api.sh").standardized.path
    }
}

extension Lab {
    /// One image of each upstream, so that every list has something to tell.
    fileprivate func pullImages(through larder: LarderProcess) async throws {
        for (image, upstream) in [(images.base, "docker.io"), (images.tool, "lab.local")] {
            let client = Skopeo(directory: try directory.newDirectory("skopeo-\(upstream)"))
            _ = try await client.pull(
                image, upstream: upstream, architecture: "amd64", through: larder)
        }
    }
}
