/// The arithmetic of committed, reserved and held bytes.
import Testing

@testable import CacheStore

struct BudgetTests {
    private let block: Int64 = 4096

    private func budget(limit: Int64, spare: Int64 = .max) -> Budget {
        let budget = Budget()
        budget.setLimit(limit)
        budget.setSpare(spare)
        return budget
    }

    @Test(
        "sizes are those of blocks",
        arguments: [
            (0, 0), (1, 4096), (4096, 4096), (4097, 8192), (Int64.max, Int64.max / 2),
            (Int64.max - 4095, Int64.max / 2),
        ] as [(Int64, Int64)])
    func blocks(bytes: Int64, size: Int64) {
        #expect(Budget.inBlocks(bytes) == size)
    }

    @Test("R41: what does not fit is not reserved, and what was reserved fits again")
    func limit() throws {
        let budget = budget(limit: 10 * block)
        budget.commit(4 * block)
        let reservation = try #require(budget.reserve(5 * block))
        #expect(budget.reserve(2 * block) == nil)
        #expect(budget.state.missing(for: 2 * block) == block)
        let last = try #require(budget.reserve(1))
        #expect(budget.state.used == 10 * block)
        last.end()
        reservation.end()
        #expect(budget.state.used == 4 * block)
    }

    @Test("a reservation that nobody holds any more is given back")
    func dropping() throws {
        let budget = budget(limit: 10 * block)
        do { _ = try #require(budget.reserve(10 * block)) }
        #expect(budget.state == budget.reserve(0).map { _ in budget.state })
        #expect(budget.state.reserved == 0 && budget.state.unwritten == 0)
    }

    @Test("the file system's free space bounds what is not written yet")
    func spare() throws {
        let budget = budget(limit: 100 * block, spare: 10 * block)
        let first = try #require(budget.reserve(6 * block))
        #expect(budget.reserve(5 * block) == nil)
        first.wrote(upTo: 6 * block)
        #expect(budget.state.spare == 4 * block && budget.state.unwritten == 0)
        #expect(budget.reserve(5 * block) == nil)
        #expect(budget.reserve(4 * block) != nil)
    }

    @Test("what others took below min_free is missing")
    func negativeSpare() {
        let budget = budget(limit: 100 * block, spare: -3 * block)
        #expect(budget.state.missing(for: 0) == 3 * block)
        #expect(budget.reserve(0) == nil)
    }

    @Test("a reservation grows by steps, and by what is needed where a step does not fit")
    func covering() throws {
        let budget = budget(limit: 10 * block)
        let reservation = try #require(budget.reserve(block))
        #expect(reservation.cover(block, step: 4 * block))
        #expect(reservation.size == block)
        #expect(reservation.cover(block + 1, step: 4 * block))
        #expect(reservation.size == 5 * block)
        #expect(reservation.cover(8 * block, step: 100 * block))
        #expect(reservation.size == 8 * block)
        #expect(!reservation.cover(11 * block, step: 0))
        #expect(reservation.size == 8 * block)
        #expect(budget.state.reserved == 8 * block)
    }

    @Test("a partial keeps what it holds")
    func shrinking() throws {
        let budget = budget(limit: 10 * block, spare: 10 * block)
        let reservation = try #require(budget.reserve(8 * block))
        reservation.wrote(upTo: 2 * block + 1)
        #expect(budget.state.unwritten == 5 * block)
        reservation.shrink(to: 2 * block + 1)
        #expect(reservation.size == 3 * block)
        #expect(budget.state.reserved == 3 * block && budget.state.unwritten == 0)
        reservation.shrink(to: 5 * block)
        #expect(reservation.size == 3 * block)
    }

    @Test("a commit turns reserved bytes into committed ones in one step")
    func committing() throws {
        let budget = budget(limit: 10 * block)
        let reservation = try #require(budget.reserve(10 * block))
        reservation.wrote(upTo: 9 * block)
        reservation.end(committed: 9 * block)
        #expect(budget.state.committed == 9 * block && budget.state.reserved == 0)
        #expect(budget.state.unwritten == 0)
        reservation.end(committed: 0)
        #expect(budget.state.used == 9 * block)
    }

    @Test("a partial found at start counts without needing space")
    func accounting() {
        let budget = budget(limit: block, spare: 0)
        let reservation = budget.account(3 * block)
        #expect(budget.state.reserved == 3 * block && budget.state.unwritten == 0)
        reservation.end()
        #expect(budget.state.used == 0)
    }

    @Test("R41: many at once never get more than there is, and all of it comes back")
    func concurrency() async {
        let budget = budget(limit: 64 * block, spare: 1000 * block)
        let bytes = block
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<500 {
                        let size = Int64((task * 31 + step * 17) % 20) * bytes
                        guard let reservation = budget.reserve(size) else { continue }
                        #expect(budget.state.used <= 64 * bytes)
                        reservation.wrote(upTo: size / 2)
                        _ = reservation.cover(size + bytes, step: 2 * bytes)
                        #expect(budget.state.used <= 64 * bytes)
                        if step % 3 == 0 {
                            reservation.end(committed: size)
                            budget.remove(size, held: bytes)
                            budget.closed(bytes)
                        }
                    }
                }
            }
        }
        let state = budget.state
        #expect(state.used == 0 && state.committed == 0 && state.held == 0)
        #expect(state.reserved == 0 && state.unwritten == 0)
    }
}
