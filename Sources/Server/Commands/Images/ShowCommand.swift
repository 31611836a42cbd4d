/// `larder show`

import ArgumentParser

struct ShowCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one image: tags, platforms, layers, what of it is cached.",
        discussion: """
            IMAGE is UPSTREAM/REPOSITORY[:TAG|@DIGEST]. Without an upstream it is Docker Hub's, \
            without a tag latest.

            \(CommandStatus.help)
            """)

    @Argument(help: "As docker.io/library/alpine:3")
    var image: String

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let (now, width) = (session.environment.now(), session.terminal.width)
        let name = ImageShorthand.image(image)
        let bytes = try await session.read("/stats/image", [("name", name)])
        try session.show(bytes) { ImageDetailText(document: $0, now: now).lines(width) }
    }
}
