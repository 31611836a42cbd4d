/// Files of Larder's own users.
import Testing

@testable import Server

@Suite("Password files")
struct PasswordFileTests {
    @Test("what is taken, and what is named as wrong")
    func parsing() throws {
        let file = try PasswordFile(parsing: "# team\n\nann:$2y$10$abc\nbob:$6$x$y\n")
        #expect(file.entries == ["ann": "$2y$10$abc", "bob": "$6$x$y"])
        for (text, line) in [
            ("ann:$apr1$x$y", 1), ("a:$2y$1\nann", 2), (":$2y$1", 1), ("a:$2y$1\na:$2y$2", 2),
            ("a:{SHA}x", 1), ("a:plain", 1),
        ] {
            let problem = #expect(throws: PasswordFileProblem.self) {
                try PasswordFile(parsing: text)
            }
            #expect(problem?.line == line)
        }
    }
}
