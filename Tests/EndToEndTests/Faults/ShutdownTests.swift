// SIGTERM while a download runs.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Shutdown {
        @Test("R34: SIGTERM lets a running download end and takes no new client")
        func drains() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob(of: lab.images.large)
                try await lab.registry.running {
                    try await lab.holdingUpstream(after: TestImages.largeLayerSize / 2) {
                        relay, larder in
                        try await larder.running { daemon in
                            async let digest = Curl.digest(of: url)
                            try await eventually("half of it is there") { relay.isHolding }
                            daemon.send(SIGTERM)
                            try await eventually("new clients are refused") {
                                try await Curl.status(of: larder.url + "/healthz") == 0
                            }
                            #expect(daemon.isRunning)
                            relay.release()
                            #expect(try await digest == blob)
                            try await daemon.waitUntilEnded()
                        }
                    }
                }
                #expect(lab.larder.has(blob))
                #expect(lab.larder.unfinishedFills.isEmpty)
            }
        }

        @Test("R34: a download that stands still is cut at shutdown.grace and resumed later")
        func cut() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob(of: lab.images.large)
                try await lab.registry.running {
                    // Before the first of the checkpoints that every fill makes.
                    try await lab.holdingUpstream(after: 20_000_000) { relay, larder in
                        var larder = larder
                        larder.settings = "shutdown: {grace: 1s}"
                        try await larder.running { daemon in
                            async let digest = try? Curl.digest(of: url)
                            try await eventually("a part of it is there") { relay.isHolding }
                            daemon.send(SIGTERM)
                            try await daemon.waitUntilEnded()
                            #expect(await digest == nil)
                        }
                    }
                }
                #expect(lab.larder.unfinishedFills == [lab.larder.fill(blob).lastPathComponent])
                let resumed = try await lab.serving { try await Curl.digest(of: url) }
                #expect(resumed == blob)
                let answers = try lab.registry.requests().filter { $0.blob == blob }
                #expect(answers.last?.status == 206)
            }
        }
    }
}
