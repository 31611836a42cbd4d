// Runs a credential helper. Blocks: for a thread of its own only.
import CLinux
import Glibc

enum HelperProcess {
    struct Outcome {
        var output: [UInt8]
        /// -1 where a signal ended it.
        var exitCode: Int32
    }

    /// Longest output read.
    static let maximumBytes = 64 * 1024

    /// Runs `program get` with `server` as its input, to its end. Neither program nor descendants
    /// in its group outlive the call.
    ///
    /// - Parameter limit: how long it may take.
    static func get(
        _ program: String, server: String, within limit: Duration
    ) throws(CredentialFailure) -> Outcome {
        let end = ContinuousClock.now + limit
        let (process, output) = try start(program, server: server)
        defer { close(output) }
        do throws(CredentialFailure) {
            let bytes = try read(output, until: end)
            return Outcome(output: bytes, exitCode: try wait(for: process, until: end))
        } catch {
            kill(-process, SIGKILL)
            _ = larder_wait(process, 1)
            throw error
        }
    }

    /// The input is in its pipe before the program runs, so that no write meets a closed one.
    private static func start(
        _ program: String, server: String
    ) throws(CredentialFailure) -> (process: pid_t, output: Int32) {
        let (input, inputEnd) = try pipe()
        defer { close(input) }
        let isWritten = server.utf8CString.withUnsafeBytes { bytes in
            write(inputEnd, bytes.baseAddress, bytes.count - 1) == bytes.count - 1
        }
        close(inputEnd)
        guard isWritten else { throw CredentialFailure(reason: "takes no input") }
        let (output, outputEnd) = try pipe()
        defer { close(outputEnd) }
        let arguments = [strdup(program), strdup("get"), nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let failure = larder_spawn(program, arguments, input, outputEnd, &process)
        guard failure == 0 else {
            close(output)
            throw CredentialFailure(reason: "cannot be run: \(text(of: failure))")
        }
        return (process, output)
    }

    private static func pipe() throws(CredentialFailure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard larder_pipe(&ends) == 0 else {
            throw CredentialFailure(reason: "cannot be run: \(text(of: errno))")
        }
        return (ends[0], ends[1])
    }

    private static func read(
        _ descriptor: Int32, until end: ContinuousClock.Instant
    ) throws(CredentialFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, try milliseconds(until: end)) > 0 else { continue }
            let count = Glibc.read(descriptor, &block, block.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw CredentialFailure(reason: "cannot be read: \(text(of: errno))")
            }
            bytes += block[..<count]
            guard bytes.count <= maximumBytes else {
                throw CredentialFailure(reason: "printed more than \(maximumBytes) bytes")
            }
        }
    }

    /// A program that has closed its output ends at once, as a rule.
    private static func wait(
        for process: pid_t, until end: ContinuousClock.Instant
    ) throws(CredentialFailure) -> Int32 {
        while true {
            let status = larder_wait(process, 0)
            if status != -2 { return larder_exit_code(status) }
            poll(nil, 0, min(try milliseconds(until: end), 10))
        }
    }

    private static func milliseconds(
        until end: ContinuousClock.Instant
    ) throws(CredentialFailure) -> Int32 {
        let left = end - .now
        guard left > .zero else { throw CredentialFailure(reason: "did not answer in time") }
        return Int32(min(left / .milliseconds(1), 60_000)) + 1
    }

    private static func text(of code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
