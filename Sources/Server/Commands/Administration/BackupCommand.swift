/// `larder backup`

import ArgumentParser

struct BackupCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the index, beside the data, while the server runs.",
        discussion: CommandStatus.help)

    @OptionGroup var options: ClientOptions

    func perform(_ session: CommandSession) async throws {
        let bytes = try await session.waiting("copying", hint: "see backups in its data directory")
        {
            try await session.change(.post, "/admin/v1/backup")
        }
        try session.show(bytes, as: BackupDocument.self) {
            ["\($0.path), \(Readable.size($0.bytes))"]
        }
    }
}
