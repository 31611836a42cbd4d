/// The statistics while no server runs: the same questions, asked of the index itself.

import CacheStore
import NIOPosix
import OCI
import Synchronization

final class OfflineStatistics: Sendable {
    private let configuration: Configuration
    private let environment: CommandEnvironment
    private let wasNoted = Mutex(false)

    init(configuration: Configuration, environment: CommandEnvironment) {
        self.configuration = configuration
        self.environment = environment
    }

    /// Opens the index read-only, answers as the server would, and says so.
    ///
    /// - Parameter failure: why the server does not answer.
    /// - Throws: `CommandFailure` where there is no index either.
    func answer(_ path: String, query: String, instead failure: CommandFailure) async throws
        -> [UInt8]
    {
        let directory = configuration.dataDirectory
        let reports: IndexReports
        do {
            reports = try await NIOThreadPool.singleton.runIfActive {
                try IndexReports.open(directory: directory)
            }
        } catch let error as SchemaError {
            throw CommandFailure.failed("\(error)")
        } catch {
            throw CommandFailure.unreachable("\(failure.message), and there is no index: \(error)")
        }
        note(directory)
        let outcome: Result<[UInt8], any Error>
        do {
            outcome = .success(try await answer(path, query: query, reports))
        } catch let problem as RequestProblem {
            outcome = .failure(CommandFailure.failed(problem.message))
        } catch {
            outcome = .failure(error)
        }
        await reports.close()
        return try outcome.get()
    }

    /// Once, however many pages are read.
    private func note(_ directory: String) {
        let isFirst = wasNoted.withLock { wasNoted in
            defer { wasNoted = true }
            return !wasNoted
        }
        guard isFirst else { return }
        environment.terminal.note("larder is not running: read from the index in \(directory)")
    }

    private func answer(
        _ path: String, query: String, _ reports: IndexReports
    ) async throws -> [UInt8] {
        let totals = IndexTotals(reports: reports, configuration: configuration)
        if path == "/admin/v1/pins" {
            return try JSONDocument.encode(
                PinsDocument(
                    configured: configuration.cache.pins, made: try await totals.pinsMade()))
        }
        let name = path.split(separator: "/").dropFirst().joined(separator: "/")
        guard let topic = StatisticsTopic(rawValue: name) else {
            throw CommandFailure.failed("\(path) is not in the index")
        }
        let addressing = Addressing(configuration)
        let queries = StatisticsQueries(
            reports: reports, totals: totals, addressing: { addressing },
            now: environment.now)
        return try await queries.answer(topic, query: query)
    }
}
