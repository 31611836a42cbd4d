import Foundation
import Testing

@testable import Server

struct BoundedFileTests {
    @Test func `reads a file up to the limit`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let bytes = [UInt8](repeating: 7, count: 200_000)
        try Data(bytes).write(to: file)
        #expect(try BoundedFile.contents(of: file.path, limit: 200_000) == bytes)
        #expect(throws: FileProblem.tooLong(limit: 199_999)) {
            try BoundedFile.contents(of: file.path, limit: 199_999)
        }
    }

    @Test func `says why a file cannot be read`() {
        let missing = #expect(throws: FileProblem.self) {
            try BoundedFile.contents(of: "/nowhere/at/all", limit: 1)
        }
        #expect(missing == .notFound)
        let directory = #expect(throws: FileProblem.self) {
            try BoundedFile.contents(of: "/", limit: 1)
        }
        #expect(directory?.description == "Is a directory")
    }
}
