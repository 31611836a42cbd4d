/// A run through stored content in the background, and how far it has come.

import Synchronization

/// How far a scrub has come.
package struct ScrubProgress: Sendable, Equatable {
    package enum State: String, Sendable {
        case idle, running, done, failed
    }

    package var state = State.idle
    /// Unix seconds.
    package var startedAt: Int64?
    package var endedAt: Int64?
    /// To be checked in all.
    package var objects: Int64 = 0
    package var checkedObjects: Int64 = 0
    package var checkedBytes: Int64 = 0
    package var damagedObjects: Int64 = 0
}

/// One scrub at a time, in the background, at a limited rate.
final class Scrub: Sendable {
    private struct Running {
        var progress = ScrubProgress()
        var task: Task<Void, Never>?
    }

    private let running = Mutex(Running())

    var progress: ScrubProgress { running.withLock { $0.progress } }

    /// Begins, or joins the one that is running.
    func start(at time: Int64, _ work: @escaping @Sendable (Scrub) async throws -> Void) {
        running.withLock { running in
            guard running.progress.state != .running else { return }
            running.progress = ScrubProgress(state: .running, startedAt: time)
            running.task = Task {
                do {
                    try await work(self)
                    end(.done)
                } catch is CancellationError {
                    end(.idle)
                } catch {
                    end(.failed)
                }
            }
        }
    }

    func update(_ change: (inout ScrubProgress) -> Void) {
        running.withLock { change(&$0.progress) }
    }

    private func end(_ state: ScrubProgress.State) {
        update { $0.state = state }
    }

    func stop() async {
        let task = running.withLock { $0.task }
        task?.cancel()
        await task?.value
    }
}
