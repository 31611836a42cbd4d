/// One command's talk with the server and with whoever started it.

import CacheStore
import NIOCore
import OCI
import Synchronization

struct CommandSession: Sendable {
    /// How long a statistic may take.
    private static let patience = TimeAmount.seconds(60)

    let client: ServerClient
    /// Read where no server answers; nil where an address was given.
    let offline: OfflineStatistics?
    let environment: CommandEnvironment
    let isJSON: Bool

    var terminal: Terminal { environment.terminal }

    // MARK: Asking

    /// A statistic or list, from the index where no server listens.
    func read(_ path: String, _ query: [(name: String, value: String)] = []) async throws
        -> [UInt8]
    {
        let query = PercentEncoding.query(query)
        do {
            return try await client.send(.get, path, query: query, within: Self.patience)
        } catch let failure as CommandFailure where failure.isServerAbsent {
            guard let offline else { throw failure }
            return try await offline.answer(path, query: query ?? "", instead: failure)
        }
    }

    /// Has the server do something, for as long as that takes.
    func change(
        _ method: ServerClient.Method, _ path: String, _ document: (any Encodable & Sendable)? = nil
    ) async throws -> [UInt8] {
        try await client.send(method, path, body: try document.map { try JSONDocument.encode($0) })
    }

    func decode<Document: Decodable>(
        _ bytes: [UInt8], as type: Document.Type = Document.self
    ) throws -> Document {
        do {
            return try JSONDocument.decode(type, from: bytes)
        } catch {
            throw CommandFailure.failed("\(client.address) answers in a form unknown here")
        }
    }

    // MARK: Telling

    /// Prints the JSON, or what `lines` makes of the document.
    func show<Document: Decodable>(
        _ bytes: [UInt8], as type: Document.Type = Document.self,
        _ lines: (Document) -> [String]
    ) throws {
        if isJSON { return try show(json: bytes) }
        for line in lines(try decode(bytes, as: type)) { terminal.print(line) }
    }

    func show(json bytes: [UInt8]) throws {
        do {
            terminal.print(try JSONValue(parsing: bytes).text())
        } catch {
            throw CommandFailure.failed("\(client.address) does not answer in JSON")
        }
    }
}
