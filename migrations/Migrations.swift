/// The index's schema changes, embedded from `migrations/sql` and applied in order.
package struct Migration: Sendable {
    /// Becomes the database's `user_version`; counts from 1 without gaps.
    package let version: Int
    /// The file's name without its ending.
    package let name: String
    /// The SQL text, UTF-8.
    package let sql: [UInt8]

    package init(version: Int, name: String, sql: [UInt8]) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// Every migration this binary knows.
    package static let all: [Migration] = [
        Migration(version: 1, name: "v001_index", sql: PackageResources.v001_index_sql),
        Migration(version: 2, name: "v002_accounting", sql: PackageResources.v002_accounting_sql),
    ]
}
