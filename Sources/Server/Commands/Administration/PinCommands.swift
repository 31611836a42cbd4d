/// `larder pin`, `larder unpin` and `larder pins`

import ArgumentParser

private let patternHelp = """
    A pattern is a digest, or UPSTREAM/REPOSITORY[:TAG] with globs in each part, in which * \
    stands for any characters but /, and ** for any.

    \(CommandStatus.help)
    """

struct PinCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin", abstract: "Keep images from being evicted.",
        discussion: patternHelp)

    @Argument(help: "As docker.io/library/alpine or ghcr.io/example/**:v1.*")
    var pattern: String

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let bytes = try await session.change(
            .put, "/admin/v1/pins", PinRequest(pattern: pattern))
        try session.show(bytes, as: PinChangeDocument.self) {
            [$0.changed ? "pinned \($0.pattern)" : "\($0.pattern) is pinned already"]
        }
    }
}

struct UnpinCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Let images be evicted that were pinned.",
        discussion:
            "The pattern is the one that was pinned; larder pins lists them.\n\n\(CommandStatus.help)"
    )

    @Argument(help: "As it was pinned.")
    var pattern: String

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let bytes = try await session.change(
            .delete, "/admin/v1/pins", PinRequest(pattern: pattern))
        try session.show(bytes, as: PinChangeDocument.self) {
            [$0.changed ? "unpinned \($0.pattern)" : "\($0.pattern) is not pinned"]
        }
    }
}

struct PinsCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "pins", abstract: "List what is never evicted.",
        discussion: "Pins of the configuration are changed there.\n\n\(CommandStatus.help)")

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let width = session.terminal.width
        try session.show(try await session.read("/admin/v1/pins")) { (document: PinsDocument) in
            var table = TextTable([.name("PATTERN"), .text("SOURCE")])
            for pin in document.items { table.append([pin.pattern, pin.source.rawValue]) }
            return table.lines(width: width)
        }
    }
}
