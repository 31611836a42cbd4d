/// `larder purge`

import ArgumentParser

struct PurgeCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove images from the cache.",
        discussion: """
            TARGET is an image (docker.io/library/alpine:3), a repository \
            (docker.io/library/alpine), an upstream (docker.io), a pattern with globs or a \
            digest. What other images need stays. Ctrl-C leaves the server at work.

            \(CommandStatus.help)
            """)

    @Argument(help: "What to remove.")
    var target: String

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let request = PurgeRequest(target: target, dryRun: dryRun)
        let bytes = try await session.waiting("purging") {
            try await session.change(.post, "/admin/v1/purge", request)
        }
        let width = session.terminal.width
        try session.show(bytes) { lines($0, width) }
    }

    private func lines(_ document: PurgeDocument, _ width: Int?) -> [String] {
        let count = document.tags + document.manifests + document.blobs
        guard count > 0 else { return ["nothing in the cache is \(target)"] }
        let objects = [
            Readable.count(document.tags, "tag"), Readable.count(document.manifests, "manifest"),
            Readable.count(document.blobs, "blob"),
        ].joined(separator: ", ")
        let summary = RemovalText.summary(
            isDryRun: dryRun, "purge", "purged", objects, document.freedBytes, document.heldBytes)
        guard dryRun else { return [summary] }
        let listed = document.manifests + document.blobs
        return RemovalText.table(document.items, of: listed, width) + [summary]
    }
}
