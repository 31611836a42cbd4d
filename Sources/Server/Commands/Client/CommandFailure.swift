/// How a command ends that could not do what it was asked for.

/// The codes that `--help` documents.
enum CommandStatus: Int32, Sendable {
    case done = 0
    /// The operation failed, or what it was about is unknown.
    case failed = 1
    /// The server cannot be reached, or refuses the token.
    case unreachable = 2
    /// As sysexits.h has it, and ArgumentParser.
    case usage = 64
    /// 128 and the number of SIGINT, as shells have it.
    case interrupted = 130

    static let help = """
        Exit codes: 0 done; 1 the operation failed, or what it is about is unknown; 2 the \
        server cannot be reached or refuses the token; 64 wrong usage.
        """
}

struct CommandFailure: Error, Sendable, Equatable {
    var status: CommandStatus
    var message: String
    /// Whether nothing listens at the server's address.
    var isServerAbsent = false

    static func failed(_ message: String) -> CommandFailure {
        CommandFailure(status: .failed, message: message)
    }

    static func unreachable(_ message: String, isServerAbsent: Bool = false) -> CommandFailure {
        CommandFailure(
            status: .unreachable, message: message, isServerAbsent: isServerAbsent)
    }

    static func usage(_ message: String) -> CommandFailure {
        CommandFailure(status: .usage, message: message)
    }
}
