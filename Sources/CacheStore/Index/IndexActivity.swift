/// What the index's writer did since it was opened.

import Measurement

package struct IndexActivity: Sendable {
    /// Begun, whether or not they could be committed.
    package internal(set) var transactions = 0
    /// Writes that shared them.
    package internal(set) var jobs = 0
    /// Transactions that could not be begun or committed, and single writes that failed.
    package internal(set) var failures = 0
    /// From the begin of a transaction to the end of its commit.
    package internal(set) var transactionSeconds = Histogram(
        bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5])

    mutating func ended(_ jobs: Int, _ isCommitted: Bool, after duration: Duration) {
        transactions += 1
        self.jobs += jobs
        failures += isCommitted ? 0 : 1
        transactionSeconds.observe(duration)
    }
}
