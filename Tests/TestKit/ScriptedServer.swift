// A server that answers what it is told, in JSON, and keeps what it was asked.
import NIOHTTP1
import Synchronization

package final class ScriptedServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        /// With its query.
        package let target: String
        package let headers: [(name: String, value: String)]
        package let body: String

        package subscript(header name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }
    }

    package struct Answer: Sendable {
        let status: Int
        let json: String

        package init(_ json: String, status: Int = 200) {
            self.status = status
            self.json = json
        }
    }

    private struct State {
        var answers: [String: [Answer]]
        var requests: [Request] = []
    }

    private let server: HTTPTestServer
    private let state: Mutex<State>

    private init(_ server: HTTPTestServer, _ answers: [String: [Answer]]) {
        self.server = server
        state = Mutex(State(answers: answers))
    }

    /// Runs `body` with a server on a free port of 127.0.0.1.
    ///
    /// - Parameter answers: by method and path, `GET /stats`; one after the other, the last one
    ///   again and again. Anything else is 404 in plain text.
    package static func with<Result>(
        _ answers: [String: [Answer]], isolation: isolated (any Actor)? = #isolation,
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let scripted = ScriptedServer(try await HTTPTestServer.bind(), answers)
        scripted.server.serve { head, body, writer in
            try await scripted.answer(head, body).send(
                to: writer, isHead: head.method == .HEAD, headSent: {})
        }
        do {
            let result = try await body(scripted)
            await scripted.server.stop()
            return result
        } catch {
            await scripted.server.stop()
            throw error
        }
    }

    package var url: String { "http://127.0.0.1:\(server.port)" }

    package var requests: [Request] { state.withLock { $0.requests } }

    private func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> ScriptedResponse {
        let path = head.uri.split(separator: "?", maxSplits: 1).first.map(String.init) ?? ""
        let key = "\(head.method.rawValue) \(path)"
        let answer = state.withLock { state in
            state.requests.append(
                Request(
                    method: head.method.rawValue, target: head.uri,
                    headers: head.headers.map { ($0.name, $0.value) },
                    body: String(decoding: body, as: UTF8.self)))
            let answers = state.answers[key] ?? []
            if answers.count > 1 { state.answers[key] = Array(answers.dropFirst()) }
            return answers.first
        }
        guard let answer else {
            return ScriptedResponse(status: 404, body: Array("not here".utf8))
        }
        return .json(answer.status, answer.json)
    }
}
