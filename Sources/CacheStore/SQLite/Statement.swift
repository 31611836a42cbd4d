/// A prepared statement: values in, columns out.

import CSQLite

/// A value bound to a parameter.
package enum SQLValue {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null

    package static func optional(_ text: String?) -> SQLValue {
        text.map(SQLValue.text) ?? .null
    }
}

/// A prepared statement positioned on a row. Columns count from 0.
package final class Statement {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        sqlite3_finalize(handle)
    }

    func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .integer(let number): sqlite3_bind_int64(handle, index, number)
        case .text(let text): larder_bind_text(handle, index, text, Int32(text.utf8.count))
        case .blob(let bytes): larder_bind_blob(handle, index, bytes, Int32(bytes.count))
        case .null: sqlite3_bind_null(handle, index)
        }
    }

    func step() -> Int32 {
        sqlite3_step(handle)
    }

    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    package func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    package func text(_ column: Int32) -> String? {
        guard let text = sqlite3_column_text(handle, column) else { return nil }
        return String(cString: text)
    }

    package func blob(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        let count = Int(sqlite3_column_bytes(handle, column))
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }
}
