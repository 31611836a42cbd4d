/// Whole lines to a descriptor.

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// One `write` for each, or for many that were put off, so that lines of several threads do not
/// mix.
final class LineOutput: Sendable {
    static let standard = LineOutput(STDOUT_FILENO)
    static let diagnostics = LineOutput(STDERR_FILENO)

    /// How long a line may be put off.
    private static let delay = TimeAmount.milliseconds(50)
    /// More is written at once, by whoever brings it: a reader that does not keep up slows
    /// Larder down rather than filling its memory.
    private static let maximumPending = 1 << 20

    private struct State {
        var pending: [UInt8] = []
        var isDue = false
    }

    private let descriptor: CInt
    private let state = Mutex(State())
    /// Held while bytes are handed to the descriptor, so that adding lines never waits for that.
    private let output = Mutex(())

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    func write(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(0x0a)
        write(bytes: bytes)
    }

    /// At once, behind what was put off.
    func write(bytes: [UInt8]) {
        state.withLock { $0.pending += bytes }
        flush()
    }

    /// Within 50 ms, together with what comes meanwhile, on a thread that may block.
    func writeSoon(bytes: [UInt8]) {
        let (isFirst, isTooMuch) = state.withLock { state in
            state.pending += bytes
            defer { state.isDue = true }
            return (!state.isDue, state.pending.count > Self.maximumPending)
        }
        if isTooMuch { flush() }
        guard isFirst else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: Self.delay) {
            NIOThreadPool.singleton.submit { [self] _ in flush() }
        }
    }

    private func flush() {
        output.withLock { _ in
            let bytes = state.withLock { state in
                defer { state = State() }
                return state.pending
            }
            bytes.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}
