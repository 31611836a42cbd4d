/// What audit lines tell.
import Testing

@testable import Server

@Suite("Audit")
struct AuditTests {
    @Test("who, what, and why not; or with what result")
    func lines() {
        let log = RecordedLog()
        let audit = Audit(logger: log.logger)
        let anna = Requester(address: "192.0.2.7", user: "anna")
        audit.refused(anna, "GET quay.io/a/b:1", .rule("rule \"approved\""))
        audit.refused(Requester(address: "-"), "GET /v2/", .signIn("no such user"))
        audit.refused(anna, "GET quay.io/a/b:1", .limit("downloads"))
        audit.refused(Requester(address: "192.0.2.8"), "POST /admin/v1/purge", .adminToken)
        audit.operated(
            Requester(address: "192.0.2.8"), "POST /admin/v1/purge",
            parameters: #"{"target":"quay.io/a"}"#, result: "200")
        #expect(
            log.lines.map(\.text) == [
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
