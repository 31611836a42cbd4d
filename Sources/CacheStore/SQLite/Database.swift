/// One SQLite connection, confined to whoever holds it.

import CSQLite

/// An open connection with a cache of prepared statements.
///
/// Not `Sendable`: `IndexWriter` and `IndexReader` each keep one on a thread of its own.
package final class Database {
    package enum Mode {
        /// The only connection that writes and checkpoints: SQLite before 3.51.3 can
        /// corrupt a WAL that two connections reset at once (R30).
        case writer
        case reader
    }

    private let connection: OpaquePointer
    private var statements: [String: Statement] = [:]

    /// Prepared statements kept; some hold what a client asked for in their text.
    private static let maximumStatements = 200

    package init(path: String, mode: Mode) throws(SQLiteError) {
        var opened: OpaquePointer?
        let access =
            mode == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: "\(message): \(path)")
        }
        connection = opened
        sqlite3_extended_result_codes(connection, 1)
        try configure(mode)
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(connection)
    }

    /// Pragmas, each set explicitly since distributions change the defaults.
    private func configure(_ mode: Mode) throws(SQLiteError) {
        try execute("PRAGMA busy_timeout = 5000")
        try execute("PRAGMA foreign_keys = ON")
        try execute("PRAGMA cache_size = -4000")
        try execute("PRAGMA mmap_size = 0")
        try execute("PRAGMA trusted_schema = OFF")
        guard mode == .writer else {
            try execute("PRAGMA query_only = ON")
            return
        }
        try execute("PRAGMA secure_delete = OFF")
        try execute("PRAGMA recursive_triggers = ON")
        let journal = try first("PRAGMA journal_mode = WAL") { $0.text(0) ?? "" } ?? ""
        guard journal == "wal" else {
            throw SQLiteError(
                code: SQLITE_ERROR,
                message: "journal_mode is \(journal), not wal: "
                    + "is the data directory on a network file system?")
        }
        try execute("PRAGMA synchronous = NORMAL")
        guard try first("PRAGMA synchronous", map: { $0.integer(0) }) == 1 else {
            throw SQLiteError(code: SQLITE_ERROR, message: "synchronous could not be set to NORMAL")
        }
    }

    /// The SQL of every statement prepared so far: what this connection was asked.
    var preparedStatements: [String] { statements.keys.sorted() }

    /// Runs one or several statements without parameters or results.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// Runs one statement; answers the number of rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: SQLValue...) throws(SQLiteError) -> Int {
        try run(sql, values: values)
    }

    @discardableResult
    package func run(_ sql: String, values: [SQLValue]) throws(SQLiteError) -> Int {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        while try step(statement, sql) {}
        return Int(sqlite3_changes(connection))
    }

    /// The first row's value, or nil without rows.
    package func first<Value>(
        _ sql: String, _ values: SQLValue..., map: (Statement) -> Value
    ) throws(SQLiteError) -> Value? {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        return try step(statement, sql) ? map(statement) : nil
    }

    /// Every row's value.
    package func all<Value>(
        _ sql: String, _ values: SQLValue..., map: (Statement) -> Value
    ) throws(SQLiteError) -> [Value] {
        try all(sql, values: values, map: map)
    }

    package func all<Value>(
        _ sql: String, values: [SQLValue], map: (Statement) -> Value
    ) throws(SQLiteError) -> [Value] {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        var rows: [Value] = []
        while try step(statement, sql) { rows.append(map(statement)) }
        return rows
    }

    /// Hands over row after row until there are no more or `body` answers false.
    package func forEach(
        _ sql: String, values: [SQLValue], _ body: (Statement) -> Bool
    ) throws(SQLiteError) {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        while try step(statement, sql), body(statement) {}
    }

    private func prepared(_ sql: String, _ values: [SQLValue]) throws(SQLiteError) -> Statement {
        let statement: Statement
        if let cached = statements[sql] {
            statement = cached
        } else {
            var handle: OpaquePointer?
            let code = sqlite3_prepare_v3(
                connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
            guard code == SQLITE_OK, let handle else { throw error(code, sql) }
            statement = Statement(handle)
            if statements.count >= Self.maximumStatements { statements.removeAll() }
            statements[sql] = statement
        }
        for (index, value) in values.enumerated() {
            let code = statement.bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw error(code, sql) }
        }
        return statement
    }

    private func step(_ statement: Statement, _ sql: String) throws(SQLiteError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw error(code, sql)
        }
    }

    private func error(_ code: Int32, _ sql: String) -> SQLiteError {
        SQLiteError(code: code, message: String(cString: sqlite3_errmsg(connection)), sql: sql)
    }
}
