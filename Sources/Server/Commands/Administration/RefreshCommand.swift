/// `larder refresh`

import ArgumentParser

struct RefreshCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Ask the registry now what a tag stands for.",
        discussion: """
            IMAGE is UPSTREAM/REPOSITORY[:TAG]. Without an upstream it is Docker Hub's, without \
            a tag latest.

            \(CommandStatus.help)
            """)

    @Argument(help: "As docker.io/library/alpine:3")
    var image: String

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let request = RefreshRequest(image: ImageShorthand.image(image))
        let bytes = try await session.waiting("refreshing", hint: "see larder show") {
            try await session.change(.post, "/admin/v1/refresh", request)
        }
        try session.show(bytes, as: RefreshDocument.self) { document in
            guard document.changed else {
                return ["\(document.image) is still \(document.after)"]
            }
            guard let before = document.before else {
                return ["\(document.image) is \(document.after)"]
            }
            return ["\(document.image) is now \(document.after)", "it was \(before)"]
        }
    }
}
