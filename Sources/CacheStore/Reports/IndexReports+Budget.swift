/// The budget as the disk shows it while no server runs.

import Glibc

extension IndexReports {
    /// Nothing is held then; what is reserved are the partials.
    package func budget(directory: String, limits: StoreLimits) async throws -> Budget.State {
        try await index.read { database in
            let space = try DataDirectory.space(of: directory)
            var state = Budget.State()
            state.limit = limits.maxSize.bytes(of: space.total)
            state.committed = try database.counter("bytes")
            state.reserved = Self.partials(in: DataDirectory.fills(in: directory))
            state.spare = max(0, space.available - limits.minFree.bytes(of: space.total))
            return state
        }
    }

    /// The bytes that each upstream with a share of its own may take.
    package func shares(directory: String, limits: StoreLimits) async throws -> [String: Int64] {
        try await index.read { _ in
            let total = try DataDirectory.space(of: directory).total
            return limits.upstreamMaxSize.mapValues { $0.bytes(of: total) }
        }
    }

    /// Bytes on the disk.
    private static func partials(in fills: String) -> Int64 {
        DataDirectory.names(in: fills).reduce(0) { sum, name in
            var status = stat()
            guard lstat("\(fills)/\(name)", &status) == 0 else { return sum }
            return sum + Int64(status.st_blocks) * 512
        }
    }
}
