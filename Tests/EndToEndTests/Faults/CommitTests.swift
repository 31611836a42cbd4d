// The commit of a blob: its order, and what a crash or an error of the disk leaves.

import Foundation
import Testing

extension EndToEnd {
    @Suite struct Commits {
        @Test("R25: file synced, renamed, both directories synced, then the row")
        func order() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob()
                let steps = try await lab.proven(url) { daemon in
                    try await CommitStep.calls.recording(of: daemon) { calls in
                        _ = try await Curl.get(url)
                        try await eventually("the row is written") {
                            try lab.steps(of: blob, in: calls).last == .row
                        }
                        return try lab.steps(of: blob, in: calls)
                    }
                }
                #expect(steps == CommitStep.allCases)
            }
        }

        @Test(
            "R24: SIGKILL at any step of a commit leaves the whole or nothing",
            arguments: CommitStep.allCases)
        func killed(step: CommitStep) async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob()
                try await lab.larder.runningUntilKilled { daemon in
                    try await lab.registry.running {
                        _ = try await Curl.head(url)
                        let call = step.call(for: blob, in: lab.larder)
                        try await call.injecting(.kill, into: daemon) {
                            _ = try? await Curl.digest(of: url)
                            try await daemon.waitUntilEnded()
                        }
                    }
                }
                #expect(lab.larder.has(blob) == step.isAfterRename)
                let again = try await lab.serving { try await Curl.digest(of: url) }
                let offline = try await lab.larder.running { _ in try await Curl.digest(of: url) }
                #expect([again, offline] == [blob, blob])
                #expect(lab.larder.unfinishedFills.isEmpty)
                #expect(try lab.registry.blobFetches()[blob] == (step.isAfterRename ? 1 : 2))
            }
        }

        @Test(
            "R27: content that could not be synced is right at the client, and discarded",
            arguments: CommitStep.synced)
        func syncFails(step: CommitStep) async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob()
                try await lab.proven(url) { daemon in
                    let call = step.call(for: blob, in: lab.larder)
                    try await call.injecting(.inputOutputError, into: daemon) {
                        #expect(try await Curl.digest(of: url) == blob)
                        try await lab.logs("verified content could not be kept")
                    }
                    #expect(!lab.larder.has(blob))
                    #expect(lab.larder.unfinishedFills.isEmpty)
                    #expect(try await Curl.digest(of: url) == blob)
                    try await eventually("the second download is kept") { lab.larder.has(blob) }
                }
                #expect(try lab.registry.blobFetches()[blob] == 2)
            }
        }

        @Test("R27: content whose checkpoint could not be synced is not committed by a later sync")
        func checkpointFails() async throws {
            try await Lab.with { lab in
                let (blob, url) = try lab.blob(of: lab.images.large)
                try await lab.registry.running {
                    try await lab.holdingUpstream(after: TestImages.largeLayerSize / 2) {
                        relay, larder in
                        try await larder.running { daemon in
                            let call = CommitStep.syncFile.call(for: blob, in: larder)
                            let download = try await call.injecting(
                                .inputOutputError, into: daemon
                            ) {
                                let download = Task { try await Curl.digest(of: url) }
                                try await lab.logs("checkpoint not saved")
                                return download
                            }
                            relay.release()
                            #expect(try await download.value == blob)
                            try await lab.logs("verified content could not be kept")
                            #expect(!larder.has(blob))
                        }
                    }
                }
            }
        }

        @Test("R27: a manifest that could not be synced is right at the client, and fetched again")
        func manifestFails() async throws {
            try await Lab.with { lab in
                let url = lab.url("library/base/manifests/1")
                let index = lab.images.base.index
                try await lab.serving { daemon in
                    let sync = SystemCall(names: "fsync")
                    try await sync.injecting(.inputOutputError, into: daemon) {
                        let answer = try await Curl.get(url)
                        #expect(try await sha256(of: answer.body) == index)
                        try await lab.logs("a manifest could not be kept")
                    }
                    #expect(!lab.larder.has(index))
                    #expect(try await Curl.status(of: url) == 200)
                    try await eventually("the second one is kept") { lab.larder.has(index) }
                }
            }
        }
    }
}

extension Lab {
    /// The first layer of an image: its digest, and its URL at Larder.
    func blob(of image: Image? = nil) throws -> (digest: String, url: String) {
        let image = image ?? images.base
        let digest = try #require(try image.amd64.layers.first)
        return (digest, url("\(image.repository)/blobs/\(digest)"))
    }

    /// Serves, with the blob at `url` proven to be upstream, so that a download writes nothing
    /// to the index but its row.
    fileprivate func proven<Value: Sendable>(
        _ url: String, _ body: (Daemon) async throws -> Value
    ) async throws -> Value {
        try await serving { daemon in
            let head = try await Curl.head(url)
            #expect(head.status == 200)
            return try await body(daemon)
        }
    }

    fileprivate func logs(_ message: String) async throws {
        try await eventually("\(message) is logged") { try !larder.logLines(message).isEmpty }
    }

    /// The steps of a commit in a file of system calls, each once where it follows itself.
    fileprivate func steps(of digest: String, in calls: URL) throws -> [CommitStep] {
        try String(contentsOf: calls, encoding: .utf8).split(separator: "\n")
            .compactMap { CommitStep.step(in: $0, of: digest, by: larder) }
            .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
