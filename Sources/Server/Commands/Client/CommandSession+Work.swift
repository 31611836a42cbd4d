/// Waiting for the server's work: how far it is, and what Ctrl-C means.

extension CommandSession {
    /// Waits for `body`; after the first second a terminal is told for how long.
    ///
    /// - Parameters:
    ///   - work: such as `purging`.
    ///   - hint: where to see what comes of it.
    /// - Throws: `CommandFailure` of the status `interrupted` at SIGINT. The server goes on.
    func waiting<Value: Sendable>(
        _ work: String, hint: String = "see larder stats",
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard terminal.diagnosticsWidth != nil else {
            return try await untilInterrupted(work, hint: hint, body)
        }
        let ticking = Task { try await tick(work) }
        defer {
            ticking.cancel()
            terminal.diagnostics(ProgressReport(width: terminal.diagnosticsWidth).end)
        }
        return try await untilInterrupted(work, hint: hint, body)
    }

    private func tick(_ work: String) async throws {
        for seconds in 1... {
            try await Task.sleep(for: .seconds(1))
            terminal.diagnostics("\r\(work) … \(seconds) s")
        }
    }

    func untilInterrupted<Value: Sendable>(
        _ work: String, hint: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await environment.interruption()
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                try Task.checkCancellation()
                throw CommandFailure(
                    status: .interrupted,
                    message: "interrupted; the server goes on \(work): \(hint)")
            }
            return value
        }
    }
}
