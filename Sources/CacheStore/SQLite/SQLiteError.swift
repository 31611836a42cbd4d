/// What SQLite answered when it did not answer as expected.

import CSQLite

/// An SQLite failure with its extended result code and the statement at fault.
///
/// Codes: https://sqlite.org/rescode.html
package struct SQLiteError: Error, CustomStringConvertible, Sendable {
    package let code: Int32
    package let message: String
    package let sql: String?

    init(code: Int32, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    /// The store is closed.
    static let closed = SQLiteError(code: SQLITE_MISUSE, message: "the index is closed")

    /// The file is damaged or is no database.
    package var isCorruption: Bool {
        let primary = code & 0xff
        return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB
    }

    package var description: String {
        let statement = sql.map { " in: \($0)" } ?? ""
        return "SQLite error \(code): \(message)\(statement)"
    }
}
