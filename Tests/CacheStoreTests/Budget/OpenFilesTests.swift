/// Which files are in use, and whose blocks an unlink does not free yet.
import OCI
import Testing

@testable import CacheStore

struct OpenFilesTests {
    private let budget = Budget()
    private let file = numbered(1)

    /// Unlinks as a removal does.
    private func unlink(_ files: OpenFiles, inode: Int64, bytes: Int64) -> Int64 {
        let held = files.unlinked(file, inode: inode, bytes: bytes)
        budget.remove(bytes, held: held)
        return held
    }

    @Test("a file is in use as long as somebody holds it")
    func leases() {
        let files = OpenFiles(budget: budget)
        var first: OpenFiles.Lease? = files.open(file, inode: 7)
        var second: OpenFiles.Lease? = files.open(file, inode: 7)
        #expect(files.isOpen(file) && !files.isOpen(numbered(2)))
        first = nil
        #expect(files.isOpen(file))
        second = nil
        #expect(!files.isOpen(file))
        #expect(first == nil && second == nil)
    }

    @Test("R21: an unlinked file's blocks are held until its last reader closes it")
    func held() {
        let files = OpenFiles(budget: budget)
        budget.commit(8192)
        var lease: OpenFiles.Lease? = files.open(file, inode: 7)
        #expect(unlink(files, inode: 7, bytes: 8192) == 8192)
        #expect(budget.state.held == 8192 && budget.state.committed == 0)
        lease = nil
        #expect(budget.state.used == 0)
        #expect(lease == nil)
    }

    @Test("a file that nobody reads is freed at once")
    func unread() {
        let files = OpenFiles(budget: budget)
        budget.commit(8192)
        #expect(unlink(files, inode: 7, bytes: 8192) == 0)
        #expect(budget.state.used == 0)
    }

    @Test("an unlinked file and a new one of the same digest are told apart")
    func inodes() {
        let files = OpenFiles(budget: budget)
        budget.commit(8192)
        var old: OpenFiles.Lease? = files.open(file, inode: 7)
        _ = unlink(files, inode: 7, bytes: 8192)
        var new: OpenFiles.Lease? = files.open(file, inode: 8)
        new = nil
        #expect(budget.state.held == 8192 && files.isOpen(file))
        old = nil
        #expect(budget.state.held == 0 && !files.isOpen(file))
        #expect(old == nil && new == nil)
    }
}
