/// `larder ls`

import ArgumentParser
import CacheStore

extension ImageOrder: ExpressibleByArgument {}

struct ListCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the images that were pulled and are in the cache.",
        discussion: """
            A pattern is UPSTREAM/REPOSITORY[:TAG] with globs in each part, in which * stands for \
            any characters but /, and ** for any, or a digest. Without an upstream it is of any: \
            alpine is **/alpine.

            \(CommandStatus.help)
            """)

    @Argument(help: "Only what matches, as docker.io/library/*:3.*")
    var pattern: String?

    @Option(help: "What to sort by.")
    var sort = ImageOrder.lastAccess

    @Flag(help: "Smallest or oldest first.")
    var reverse = false

    @Option(help: "Only what was pulled since, as 2026-01-31T12:00:00Z.")
    var since: String?

    @Option(help: "The most images to list.")
    var limit = 1000

    @OptionGroup var options: ClientOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be above 0") }
    }

    func perform(_ session: CommandSession) async throws {
        let (now, width) = (session.environment.now(), session.terminal.width)
        try await session.showList("/stats/images", query, limit: limit) {
            Self.lines($0, now: now, width: width)
        }
    }

    private var query: [(name: String, value: String)] {
        let filters = [("pattern", pattern.map(ImageShorthand.pattern)), ("since", since)]
            .compactMap { name, value in value.map { (name: name, value: $0) } }
        return [("sort", sort.rawValue), ("order", reverse ? "asc" : "desc")] + filters
    }

    static func lines(_ items: [ImageDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([
            .name("IMAGE"), .text("DIGEST"), .number("SIZE"), .number("PULLS"),
            .number("SERVED"), .text("LAST ACCESS"),
        ])
        for item in items {
            table.append([
                item.name, Readable.shortDigest(item.digest), Readable.size(item.sizeBytes),
                Readable.count(item.pulls), Readable.size(item.servedBytes),
                Readable.age(item.lastAccessAt, at: now),
            ])
        }
        return table.lines(width: width)
    }
}

extension ImageDocument {
    /// As people write it. A digest is shortened.
    fileprivate var name: String {
        let isDigest = reference.contains(":")
        return "\(upstream)/\(repository)"
            + (isDigest ? "@\(Readable.shortDigest(reference))" : ":\(reference)")
    }
}
