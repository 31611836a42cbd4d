/// `larder evict`

import ArgumentParser

struct EvictCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "evict",
        abstract: "Evict the coldest images until no more than a size is used.",
        discussion: """
            What is pinned, being sent or younger than eviction.min_age stays; where that is \
            more than SIZE, the command fails after evicting the rest. Ctrl-C leaves the server \
            at work.

            \(CommandStatus.help)
            """)

    @Option(
        help: "What may be used afterwards, as 20GiB.",
        transform: { text in
            do {
                return try ByteCount(parsing: text)
            } catch {
                throw ValidationError((error as? InvalidValue)?.message ?? "\(error)")
            }
        })
    var to: ByteCount

    @Flag(help: "Only say what would be evicted.")
    var dryRun = false

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let request = EvictRequest(toBytes: to.bytes, dryRun: dryRun)
        let bytes = try await session.waiting("evicting") {
            try await session.change(.post, "/admin/v1/evict", request)
        }
        let width = session.terminal.width
        try session.show(bytes) { lines($0, width) }
        guard try session.decode(bytes, as: EvictDocument.self).isComplete else {
            throw CommandFailure.failed(
                "not enough to get to \(to): the rest is pinned, in use or younger than "
                    + "eviction.min_age")
        }
    }

    private func lines(_ document: EvictDocument, _ width: Int?) -> [String] {
        guard document.objects > 0 else { return ["nothing to evict"] }
        let summary = RemovalText.summary(
            isDryRun: dryRun, "evict", "evicted", Readable.count(document.objects, "object"),
            document.freedBytes, document.heldBytes)
        guard dryRun else { return [summary] }
        return RemovalText.table(document.items, of: document.objects, width) + [summary]
    }
}
