/// Counting what is served and fetched, and writing it down.

import Logging
import OCI

extension Store {
    package func record(_ record: RequestRecord) {
        accounts.record(record, at: clock.now())
    }

    /// Body bytes read from an upstream on behalf of a repository.
    package func recordFetched(_ bytes: Int64, for repository: RepositoryKey) {
        accounts.fetched(bytes, for: repository, at: clock.now())
    }

    /// To be called about once a second.
    package func flushAccounts() async {
        await accounts.flush(to: writer, logger: logger)
    }

    /// Keeps the counting tables bounded. To be called about once an hour.
    package func keepIndexSmall() async {
        let now = clock.now()
        do {
            try await writer.perform { database in
                try database.mergeColdClients()
                try database.rollUpTimeline(now: now)
                try database.forgetOldEvictions()
            }
            while try await writer.perform({ try $0.prune(limit: 500) }) > 0 {
                try await Task.sleep(for: .milliseconds(50))
            }
        } catch is CancellationError {
            return
        } catch {
            logger.warning("index upkeep broke off", metadata: ["error": "\(error)"])
        }
    }
}
