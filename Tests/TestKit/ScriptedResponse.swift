// A response to be sent: what a good registry says, changed by faults.
import NIOCore
import NIOHTTP1

struct ScriptedResponse: Sendable {
    enum Framing: Sendable {
        case contentLength
        case misstated(by: Int)
        case chunked
        case untilClose
    }

    var status: Int
    var headers: [(String, String)]
    var body: [UInt8]
    var framing = Framing.contentLength
    var truncateAfter: Int?
    var stall: (after: Int, gate: TestGate)?
    var drip: (bytes: Int, every: Duration)?
    var hang: TestGate?
    var closesBeforeHead = false

    init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ status: Int, _ text: String) -> ScriptedResponse {
        ScriptedResponse(
            status: status, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
    }

    static func error(_ status: Int, _ code: String) -> ScriptedResponse {
        json(status, #"{"errors":[{"code":"\#(code)","message":"scripted"}]}"#)
    }

    mutating func setHeader(_ name: String, _ value: String?) {
        headers.removeAll { $0.0.lowercased() == name.lowercased() }
        if let value { headers.append((name, value)) }
    }
}

extension ScriptedResponse {
    /// - Parameter gate: the gate of a name.
    mutating func apply(_ fault: Fault, gate: (String) -> TestGate) {
        switch fault {
        case .respond(let status, let headers, let body):
            (self.status, self.headers, self.body) = (status, headers, Array(body.utf8))
        case .redirect(let target, let status):
            (self.status, headers, body) = (status, [("Location", target)], [])
        case .truncate(let count): truncateAfter = count
        case .stall(let count, let name): stall = (count, gate(name))
        case .hang(let name): hang = gate(name)
        case .close: closesBeforeHead = true
        case .corrupt(let offset):
            if body.indices.contains(offset) { body[offset] ^= 0xff }
        case .body(let bytes): body = bytes
        case .drip(let bytes, let interval): drip = (bytes, interval)
        case .misstateLength(let difference): framing = .misstated(by: difference)
        case .chunked: framing = .chunked
        case .untilClose: framing = .untilClose
        case .ignoreRange: break
        case .setHeader(let name, let value): setHeader(name, value)
        case .removeHeader(let name): setHeader(name, nil)
        }
    }
}

extension ScriptedResponse {
    /// Sends it; `isHead` leaves the body out.
    func send(
        to writer: ResponseWriter, isHead: Bool, headSent: () -> Void,
        sent count: (Int) -> Void = { _ in }
    ) async throws {
        await hang?.wait()
        if closesBeforeHead { return await writer.close() }
        try await writer.head(head(isHead: isHead))
        headSent()
        let sent = isHead ? [] : body[..<min(truncateAfter ?? body.count, body.count)]
        if let stall, !isHead {
            let first = min(stall.after, sent.count)
            try await send(sent[..<first], to: writer, count)
            await stall.gate.wait()
            try await send(sent[first...], to: writer, count)
        } else {
            try await send(sent, to: writer, count)
        }
        if truncateAfter == nil || isHead { try await writer.end() }
        if closesAfterwards(isHead: isHead) { await writer.close() }
    }

    private func closesAfterwards(isHead: Bool) -> Bool {
        switch framing {
        case .contentLength: truncateAfter != nil
        case .chunked: truncateAfter != nil || isHead
        case .misstated, .untilClose: true
        }
    }

    private func head(isHead: Bool) -> HTTPResponseHead {
        var fields = HTTPHeaders(headers)
        var version = HTTPVersion.http1_1
        switch framing {
        case .contentLength where !fields.contains(name: "content-length"):
            fields.add(name: "Content-Length", value: "\(body.count)")
        case .contentLength: break
        // The encoder would end the body that HEAD does not have.
        case .chunked where isHead: version = .http1_0
        case .chunked: break
        case .misstated(let difference):
            fields.replaceOrAdd(name: "Content-Length", value: "\(body.count + difference)")
        case .untilClose: version = .http1_0
        }
        return HTTPResponseHead(
            version: version, status: HTTPResponseStatus(statusCode: status), headers: fields)
    }

    private func send(
        _ bytes: ArraySlice<UInt8>, to writer: ResponseWriter, _ count: (Int) -> Void
    ) async throws {
        let step = drip?.bytes ?? 256 * 1024
        var rest = bytes
        while !rest.isEmpty {
            try await writer.body(rest.prefix(step))
            count(min(step, rest.count))
            rest = rest.dropFirst(step)
            if let drip, !rest.isEmpty { try await Task.sleep(for: drip.every) }
        }
    }
}
