// Larder is killed in the middle of a download.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Crash {
        @Test("SIGKILL in the middle of a cold 200 MB pull leaves nothing wrong behind (R24)")
        func killedInMidFill() async throws {
            try await Lab.with { lab in
                let image = lab.images.large
                let half = TestImages.largeLayerSize / 2
                try await lab.registry.running {
                    try await lab.holdingUpstream(after: half) { relay, larder in
                        try await larder.runningUntilKilled { daemon in
                            async let pull = try? PullClient.skopeo.pull(image, through: lab.larder)
                            try await eventually("half of the layer is there") {
                                relay.isHolding && lab.larder.isFilling
                            }
                            try await daemon.kill()
                            let pulled = await pull
                            #expect(pulled == nil)
                        }
                    }
                    try await lab.larder.running { _ in
                        let pulled = try await PullClient.skopeo.pull(image, through: lab.larder)
                        #expect(try pulled == image.amd64.config)
                        try await eventually("no leftover in fills/") {
                            lab.larder.unfinishedFills.isEmpty
                        }
                    }
                }
                try await pullsOffline(image, lab)
            }
        }

        private func pullsOffline(_ image: Image, _ lab: Lab) async throws {
            try await lab.larder.running { _ in
                let pulled = try await PullClient.skopeo.pull(image, through: lab.larder)
                #expect(try pulled == image.amd64.config)
            }
        }
    }
}

extension LarderProcess {
    /// Whether a download is under way and has bytes on disk.
    fileprivate var isFilling: Bool {
        fills.names().contains { fills.appending(path: $0).fileSize() > 0 }
    }
}
