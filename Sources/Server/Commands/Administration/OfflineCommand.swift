/// `larder offline`

import ArgumentParser

struct OfflineCommand: ServerCommand {
    enum State: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    static let configuration = CommandConfiguration(
        commandName: "offline",
        abstract: "Say whether registries are asked, or have them asked no more.",
        discussion: """
            While a registry is offline nothing is asked there: what is in the cache is served, \
            tags of any age, and everything else is refused. Downloads that run go on. What is \
            said here goes before the configuration, until larder restarts. Without an upstream \
            it is about all of them; without on or off, it tells how it is.

            \(CommandStatus.help)
            """)

    @Argument(help: "on: nothing is asked; off: asked as usual.")
    var state: State?

    @Argument(help: "As docker.io")
    var upstream: String?

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        guard let state else {
            let width = session.terminal.width
            let bytes = try await session.change(.get, Self.path)
            return try session.show(bytes) { table($0, width) }
        }
        let bytes = try await session.change(
            .post, Self.path, OfflineRequest(offline: state == .on, upstream: upstream))
        try session.show(bytes, as: OfflineDocument.self) { _ in [line(state)] }
    }

    private static let path = "/admin/v1/offline"

    private func line(_ state: State) -> String {
        let subject = upstream.map { "\($0) is" } ?? "all registries are"
        return switch state {
        case .on: "\(subject) offline until larder restarts: nothing is asked there"
        case .off: "\(subject) asked as usual"
        }
    }

    private func table(_ document: OfflineDocument, _ width: Int?) -> [String] {
        var table = TextTable([.name("UPSTREAM"), .text("OFFLINE"), .text("SOURCE")])
        for item in document.items {
            table.append([item.upstream, item.isOffline ? "yes" : "no", item.source.rawValue])
        }
        return table.lines(width: width)
    }
}
