// A directory of a test's own, removed with everything in it.
import Foundation

package final class TemporaryDirectory: Sendable {
    /// Absolute, without a slash at its end.
    package let path: String

    /// Makes a new empty directory in the system's place for temporary files.
    package init() throws {
        let name = "larder-test-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        remove()
    }

    /// The path of `name` in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, and gives its path.
    package func write(_ text: String, as name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
