/// `larder stats`

import ArgumentParser

struct StatsCommand: ServerCommand {
    /// A list that totals do not show.
    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case upstreams, repositories, clients, timeline, evictions, cold
    }

    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what was served, saved, stored and evicted.",
        discussion: """
            Without a topic, the totals and the upstreams that were asked. repositories are \
            those most asked for; timeline is the last 24 hours; evictions are the latest; cold \
            is what nobody used for 30 days, or for --older-than.

            \(CommandStatus.help)
            """)

    @Argument(help: "A list instead of the totals.")
    var topic: Topic?

    @Option(help: "The most lines of a list.")
    var limit = 20

    @Option(help: "How long nobody used what is cold, as 90d.")
    var olderThan: String?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
        guard olderThan == nil || topic == .cold else {
            throw ValidationError("--older-than is for stats cold")
        }
    }

    func perform(_ session: CommandSession) async throws {
        let (now, width) = (session.environment.now(), session.terminal.width)
        guard let topic else {
            let bytes = try await session.read("/stats")
            return try session.show(bytes) { TotalsText(document: $0, now: now).lines(width) }
        }
        let path = "/stats/\(topic.rawValue)"
        let query = olderThan.map { [(name: "older_than", value: $0)] } ?? []
        func list<Item: Codable & Sendable>(
            _ lines: @escaping ([Item], Int64, Int?) -> [String]
        ) async throws {
            try await session.showList(path, query, limit: limit) { lines($0, now, width) }
        }
        switch topic {
        case .upstreams: try await list(StatisticsText.upstreams)
        case .repositories: try await list(StatisticsText.repositories)
        case .clients: try await list(StatisticsText.clients)
        case .timeline: try await list(StatisticsText.timeline)
        case .evictions: try await list(StatisticsText.evictions)
        case .cold: try await list(StatisticsText.cold)
        }
    }
}
