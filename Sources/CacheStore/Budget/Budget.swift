/// The bytes on the disk and those promised to fills: who may add how many.

import Synchronization

/// Arithmetic under a lock, no I/O. A byte is committed, reserved or held, never two of them
/// (docs/budget.md).
package final class Budget: Sendable {
    package struct State: Sendable, Equatable {
        /// Bytes that everything together may take.
        package var limit: Int64 = .max
        /// Blocks of files that the index knows.
        package var committed: Int64 = 0
        /// Promised to fills and kept by partials.
        package var reserved: Int64 = 0
        /// Blocks of unlinked files that are still being sent.
        package var held: Int64 = 0
        /// Bytes that the file system has left above `cache.min_free`, when last asked; negative
        /// where others took them.
        package var spare: Int64 = .max
        /// Of what is reserved, what is not written yet: the file system does not show it.
        package var unwritten: Int64 = 0

        package var used: Int64 { committed + reserved + held }

        /// How many bytes are missing for `bytes` more; 0 or less where they fit.
        package func missing(for bytes: Int64) -> Int64 {
            let inBudget = limit == .max ? Int64.min : used + bytes - limit
            let onDisk = spare == .max ? Int64.min : unwritten + bytes - spare
            return max(inBudget, onDisk)
        }
    }

    private let current = Mutex(State())

    package init() {}

    package var state: State { current.withLock { $0 } }

    func setLimit(_ bytes: Int64) { current.withLock { $0.limit = bytes } }

    func setSpare(_ bytes: Int64) { current.withLock { $0.spare = bytes } }

    /// Nil where it does not fit.
    func reserve(_ bytes: Int64) -> Reservation? {
        let size = Self.inBlocks(bytes)
        let fits = current.withLock { state in
            guard state.missing(for: size) <= 0 else { return false }
            state.reserved += size
            state.unwritten += size
            return true
        }
        return fits ? Reservation(size, written: 0, of: self) : nil
    }

    /// For bytes that lie on the disk already: a partial found at start.
    func account(_ bytes: Int64) -> Reservation {
        let size = Self.inBlocks(bytes)
        current.withLock { $0.reserved += size }
        return Reservation(size, written: size, of: self)
    }

    /// The size in blocks of 4 KiB, as most file systems allocate.
    static func inBlocks(_ bytes: Int64) -> Int64 {
        let block: Int64 = 4096
        let (sum, overflow) = bytes.addingReportingOverflow(block - 1)
        return overflow ? .max / 2 : min(sum / block * block, .max / 2)
    }

    /// Bytes of files that came into the index; `held` are those of files that they replaced and
    /// that are still being sent.
    func commit(_ bytes: Int64, held: Int64 = 0) {
        current.withLock { state in
            state.committed += bytes
            state.held += held
        }
    }

    /// Bytes of files that left the index; `held` of them are still being sent.
    func remove(_ bytes: Int64, held: Int64) {
        current.withLock { state in
            state.committed -= bytes
            state.held += held
        }
    }

    /// The last reader of an unlinked file closed it.
    func closed(_ bytes: Int64) { current.withLock { $0.held -= bytes } }

    fileprivate func grow(_ bytes: Int64) -> Bool {
        current.withLock { state in
            guard state.missing(for: bytes) <= 0 else { return false }
            state.reserved += bytes
            state.unwritten += bytes
            return true
        }
    }

    fileprivate func wrote(_ bytes: Int64) {
        current.withLock { state in
            state.unwritten -= bytes
            if state.spare != .max { state.spare -= bytes }
        }
    }

    fileprivate func release(
        _ bytes: Int64, unwritten: Int64, committed: Int64 = 0, held: Int64 = 0
    ) {
        current.withLock { state in
            state.reserved -= bytes
            state.unwritten -= unwritten
            state.committed += committed
            state.held += held
        }
    }
}

/// Bytes promised to one file; given back when it goes.
package final class Reservation: Sendable {
    private struct State {
        var size: Int64
        var written: Int64
    }

    private let state: Mutex<State>
    private let budget: Budget

    fileprivate init(_ size: Int64, written: Int64, of budget: Budget) {
        state = Mutex(State(size: size, written: written))
        self.budget = budget
    }

    deinit { end() }

    package var size: Int64 { state.withLock { $0.size } }

    /// Sees to it that `bytes` are promised in all.
    /// - Parameter step: how many more to take at a time, where more are needed.
    func cover(_ bytes: Int64, step: Int64) -> Bool {
        state.withLock { state in
            let needed = Budget.inBlocks(bytes) - state.size
            guard needed > 0 else { return true }
            for extra in [max(needed, step), needed] where budget.grow(extra) {
                state.size += extra
                return true
            }
            return false
        }
    }

    /// Records that the file holds `bytes` by now.
    func wrote(upTo bytes: Int64) {
        state.withLock { state in
            let written = min(Budget.inBlocks(bytes), state.size)
            guard written > state.written else { return }
            budget.wrote(written - state.written)
            state.written = written
        }
    }

    /// Keeps no more than `bytes`: of a partial, what it holds.
    func shrink(to bytes: Int64) {
        state.withLock { state in
            let size = min(state.size, Budget.inBlocks(bytes))
            let written = min(state.written, size)
            budget.release(
                state.size - size, unwritten: (state.size - state.written) - (size - written))
            state = State(size: size, written: written)
        }
    }

    /// Gives everything back; in the same step `committed` bytes become those of a file that the
    /// index knows, or `held` those of an unlinked one that is still being sent.
    func end(committed: Int64 = 0, held: Int64 = 0) {
        state.withLock { state in
            budget.release(
                state.size, unwritten: state.size - state.written, committed: committed,
                held: held)
            state = State(size: 0, written: 0)
        }
    }
}
