/// The store, its index and the process as metrics.

import CacheStore

extension PrometheusText {
    /// - Parameter objects: nil where the index cannot be read.
    mutating func add(_ state: Budget.State, objects: Int64?) {
        let bytes: [(name: String, help: String, value: Int64)] = [
            ("stored", "Blocks of the objects in the store.", state.committed),
            ("reserved", "Promised to running fetches and kept by partial ones.", state.reserved),
            ("held", "Blocks of deleted objects that are still being sent.", state.held),
            ("used", "Stored, reserved and held bytes together.", state.used),
            ("max", "The size budget.", state.limit),
            ("spare", "Free on the file system above cache.min_free.", state.spare),
        ]
        for (name, help, value) in bytes where value < .max {
            add("larder_cache_\(name)_bytes", .gauge, help, Double(value))
        }
        add(
            "larder_cache_objects", .gauge, "Blobs and manifests in the store.",
            objects.map(Double.init))
    }

    mutating func add(_ activity: StoreActivity) {
        add(
            "larder_pins_exceed_budget", .gauge,
            "Whether what is pinned or in use alone is more than the budget.",
            activity.pinsExceedBudget ? 1 : 0)
        let evictions = EvictionReason.allCases.map {
            ($0.rawValue, activity.evictions[$0] ?? .init())
        }
        add(
            "larder_evicted_objects_total", .counter, "Objects evicted, by reason.",
            evictions.map { (["reason": $0], Double($1.objects)) })
        add(
            "larder_evicted_bytes_total", .counter, "Blocks of objects evicted, by reason.",
            evictions.map { (["reason": $0], Double($1.bytes)) })
        add(
            "larder_damaged_objects_total", .counter,
            "Objects found to hold something else than was verified.", activity.damagedObjects)
        add(activity.index)
    }

    private mutating func add(_ index: IndexActivity) {
        add(
            "larder_index_transactions_total", .counter, "Write transactions of the index.",
            index.transactions)
        add(
            "larder_index_jobs_total", .counter, "Writes that shared the index's transactions.",
            index.jobs)
        add(
            "larder_index_failures_total", .counter,
            "Transactions and single writes that the index did not take.", index.failures)
        add(
            "larder_index_transaction_seconds",
            "Time from the begin of a write transaction to the end of its commit.",
            [([:], index.transactionSeconds)])
    }

    mutating func add(_ process: ProcessFigures) {
        add(
            "process_open_fds", .gauge, "Number of open file descriptors.",
            process.openDescriptors.map(Double.init))
        add(
            "process_max_fds", .gauge, "Maximum number of open file descriptors.",
            process.maxDescriptors.map(Double.init))
        add(
            "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.",
            process.residentBytes)
        add(
            "process_cpu_seconds_total", .counter,
            "Total user and system CPU time spent in seconds.", process.cpuSeconds)
        add(
            "process_start_time_seconds", .gauge,
            "Start time of the process since unix epoch in seconds.", process.startTime)
    }
}
