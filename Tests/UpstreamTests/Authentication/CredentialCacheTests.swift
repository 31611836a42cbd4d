// Credentials of helpers and of Docker's file: asked for once, kept, asked for again.
import Foundation
import TestKit
import Testing

@testable import Upstream

@Suite("Credential helpers", .timeLimit(.minutes(1)))
struct CredentialCacheTests {
    private func source(_ script: HelperScript) throws -> CredentialSource {
        .helper(try #require(CredentialHelper(script.path)))
    }

    private func failure(
        _ cache: CredentialCache, _ source: CredentialSource
    ) async throws -> String {
        let error = await #expect(throws: CredentialFailure.self) {
            try await cache.credential(of: source, server: "ghcr.io")
        }
        return try #require(error).reason
    }

    @Test("a helper is asked as Docker asks it, once for many callers, until half an hour is over")
    func asksOnce() async throws {
        let script = try HelperScript.giving("AWS", "pw$count")
        let source = try source(script)
        let clock = ManualClock()
        let cache = CredentialCache(now: { clock.now })
        let credentials = try await withThrowingTaskGroup(of: Credential?.self) { group in
            for _ in 0..<20 {
                group.addTask { try await cache.credential(of: source, server: "ghcr.io") }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        let first = Credential(username: "AWS", password: Secret("pw1"))
        #expect(credentials == [first])
        #expect(script.runs == ["get ghcr.io"])
        clock.advance(by: CredentialCache.helperLifetime - .seconds(1))
        #expect(try await cache.credential(of: source, server: "ghcr.io") == first)
        clock.advance(by: .seconds(1))
        let second = try await cache.credential(of: source, server: "ghcr.io")
        #expect(second?.password == Secret("pw2"))
        _ = try await cache.credential(of: source, server: "quay.io")
        #expect(script.runs.last == "get quay.io")
    }

    @Test("what was refused is asked for again, once a minute at most")
    func asksAgainOnce() async throws {
        let script = try HelperScript.giving("AWS", "same")
        let source = try source(script)
        let clock = ManualClock()
        let cache = CredentialCache(now: { clock.now })
        for _ in 0..<5 {
            let credential = try await cache.credential(of: source, server: "ghcr.io")
            cache.refused(try #require(credential), server: "ghcr.io")
        }
        #expect(script.runs.count == 2)
        cache.refused(Credential(username: "AWS", password: Secret("older")), server: "ghcr.io")
        clock.advance(by: CredentialEntry.dropInterval)
        cache.refused(Credential(username: "AWS", password: Secret("older")), server: "ghcr.io")
        _ = try await cache.credential(of: source, server: "ghcr.io")
        #expect(script.runs.count == 2)
    }

    static let failures: [(script: String, reason: String)] = [
        ("echo hunter2; exit 3", "failed with status 3"),
        ("echo hunter2", "gave no usable answer"),
        (#"echo '{"Username": "", "Secret": "hunter2"}'"#, "gave no usable answer"),
        (#"echo '{"Username": "a:b", "Secret": "hunter2"}'"#, "gave no usable answer"),
        ("while :; do echo hunter2; done", "printed more than 65536 bytes"),
        ("kill -9 $$", "was ended by a signal"),
    ]

    @Test(
        "a failing helper is told of without its output, and left alone for a while",
        arguments: failures)
    func fails(body: String, reason: String) async throws {
        let script = try HelperScript(body)
        let source = try source(script)
        let clock = ManualClock()
        let cache = CredentialCache(now: { clock.now })
        #expect(try await failure(cache, source) == reason)
        #expect(try await failure(cache, source) == reason)
        #expect(script.runs.count == 1)
        clock.advance(by: CredentialEntry.failureLifetime)
        #expect(try await failure(cache, source) == reason)
        #expect(script.runs.count == 2)
    }

    @Test("a slow helper is ended with its children")
    func slow() async throws {
        let script = try HelperScript("sleep 100 & echo $! > \"$0.child\"; sleep 100")
        let cache = CredentialCache(
            reader: CredentialReader(helperTimeout: .milliseconds(300)), now: { .now })
        let source = try source(script)
        #expect(try await failure(cache, source) == "did not answer in time")
        let text = try String(contentsOfFile: script.path + ".child", encoding: .utf8)
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        while kill(child, 0) == 0, !isZombie(child) { await shortPause() }
    }

    /// Whether a process has ended and only waits for whoever adopted it.
    private func isZombie(_ process: Int32) -> Bool {
        let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return stat.map { $0.contains(") Z ") } ?? true
    }

    @Test("a helper that is not there is told by name of the system's error")
    func missing() async throws {
        let helper = try #require(CredentialHelper("no-such-helper-here"))
        let cache = CredentialCache(now: { .now })
        let reason = try await failure(cache, .helper(helper))
        #expect(reason == "cannot be run: No such file or directory")
    }

    @Test("a helper that knows nothing of the registry means no credential")
    func notFound() async throws {
        let script = try HelperScript("echo credentials not found in native keychain; exit 1")
        let cache = CredentialCache(now: { .now })
        #expect(try await cache.credential(of: source(script), server: "ghcr.io") == nil)
    }

    @Test("Larder's environment is passed on, its other descriptors are not")
    func inherits() async throws {
        let script = try HelperScript(
            """
            open=$(ls /proc/self/fd | tr '\\n' ' ')
            echo "{\\"Username\\":\\"$HOME|$open\\",\\"Secret\\":\\"s\\"}"
            """)
        let cache = CredentialCache(now: { .now })
        let credential = try await cache.credential(of: source(script), server: "ghcr.io")
        let parts = try #require(credential).username.split(separator: "|")
        #expect(parts.first.map(String.init) == ProcessInfo.processInfo.environment["HOME"])
        // The fourth is the directory that `ls` reads.
        #expect(parts.last == "0 1 2 3 ")
    }

    @Test("Docker's file is read again when it has changed, its helpers are asked through it")
    func dockerConfig() async throws {
        let script = try HelperScript.giving("AWS", "pw")
        let path = script.file("config.json")
        let clock = ManualClock()
        let cache = CredentialCache(now: { clock.now })
        let source = CredentialSource.dockerConfig(path)
        #expect(try await failure(cache, source) == "cannot be read: No such file or directory")
        for (auth, username) in [("YTpw", "a"), ("Yjpw", "b")] {
            try #"{"auths": {"ghcr.io": {"auth": "\#(auth)"}}}"#.write(
                toFile: path, atomically: true, encoding: .utf8)
            clock.advance(by: CredentialEntry.failureLifetime)
            let credential = try await cache.credential(of: source, server: "ghcr.io")
            #expect(credential?.username == username)
            #expect(try await cache.credential(of: source, server: "quay.io") == nil)
        }
    }

    @Test("a helper that Docker's file names is asked through it")
    func dockerConfigHelper() async throws {
        let script = try HelperScript.giving("AWS", "pw$count")
        let path = script.file("config.json")
        try #"{"credHelpers": {"ghcr.io": "ecr-login"}}"#.write(
            toFile: path, atomically: true, encoding: .utf8)
        let reader = CredentialReader(program: { helper in
            helper.text == "ecr-login" ? script.path : helper.program
        })
        let clock = ManualClock()
        let cache = CredentialCache(reader: reader, now: { clock.now })
        for _ in 0..<3 {
            let credential = try await cache.credential(of: .dockerConfig(path), server: "ghcr.io")
            #expect(credential == Credential(username: "AWS", password: Secret("pw1")))
            clock.advance(by: CredentialCache.fileLifetime)
        }
        cache.refused(Credential(username: "AWS", password: Secret("pw1")), server: "ghcr.io")
        let renewed = try await cache.credential(of: .dockerConfig(path), server: "ghcr.io")
        #expect(renewed?.password == Secret("pw2"))
        #expect(script.runs == ["get ghcr.io", "get ghcr.io"])
    }
}
