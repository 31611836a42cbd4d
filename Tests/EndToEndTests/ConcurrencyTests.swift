// Many clients at once.

import Testing

extension EndToEnd {
    @Suite struct Concurrency {
        @Test("Twenty clients of one cold image cost the upstream one GET per blob (R13)")
        func coalesces() async throws {
            try await Lab.with { lab in
                let image = lab.images.base
                let pulled = try await lab.serving {
                    try await pull(image, clients: 20, through: lab.larder)
                }
                let expected = try image.amd64.config
                #expect(pulled == Array(repeating: expected, count: 20))
                try lab.expectOneFetch(of: image.amd64.blobs)
            }
        }

        private func pull(
            _ image: Image, clients: Int, through larder: LarderProcess
        ) async throws -> [String] {
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<clients {
                    group.addTask { try await PullClient.skopeo.pull(image, through: larder) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }
}
