/// What audit lines tell.
import Logging
import Synchronization
import Testing

@testable import Server

@Suite("Audit")
struct AuditTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            let text = fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            lines.withLock { $0.append("\(event.level) \(event.message): \(text)") }
        }
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.add(event) }
    }

    @Test("who, what, and why not; or with what result")
    func lines() {
        let lines = Lines()
        let audit = Audit(logger: Logger(label: "test") { _ in Recorder(lines: lines) })
        let anna = Requester(address: "192.0.2.7", user: "anna")
        audit.refused(anna, "GET quay.io/a/b:1", .rule("rule \"approved\""))
        audit.refused(Requester(address: "-"), "GET /v2/", .signIn("no such user"))
        audit.refused(anna, "GET quay.io/a/b:1", .limit("downloads"))
        audit.refused(Requester(address: "192.0.2.8"), "POST /admin/v1/purge", .adminToken)
        audit.operated(
            Requester(address: "192.0.2.8"), "POST /admin/v1/purge",
            parameters: #"{"target":"quay.io/a"}"#, result: "200")
        #expect(
            lines.all == [
                #"notice refused: cause=rule client=192.0.2.7 detail=rule "approved" user=anna "#
                    + "what=GET quay.io/a/b:1",
                "notice refused: cause=sign-in client=- detail=no such user what=GET /v2/",
                "notice refused: cause=limit client=192.0.2.7 detail=downloads user=anna "
                    + "what=GET quay.io/a/b:1",
                "notice refused: cause=admin token client=192.0.2.8 what=POST /admin/v1/purge",
                "notice operation: client=192.0.2.8 credential=admin token "
                    + #"parameters={"target":"quay.io/a"} result=200 what=POST /admin/v1/purge"#,
            ])
    }
}
