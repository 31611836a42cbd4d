/// The table of upstreams in force: requests take it as it is, a reload swaps it whole.

import Synchronization

final class CurrentRegistries: Sendable {
    private let table: Mutex<RegistryTable>

    init(_ table: RegistryTable) {
        self.table = Mutex(table)
    }

    var current: RegistryTable { table.withLock { $0 } }

    func replace(_ next: RegistryTable) {
        table.withLock { $0 = next }
    }
}
