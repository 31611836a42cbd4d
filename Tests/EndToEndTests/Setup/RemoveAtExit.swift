// Directories that the whole test process shares.

import Foundation
import Glibc
import Synchronization

private let removedAtExit = Mutex<[URL]>([])

/// Has `directory` removed when the process ends by itself.
func removeAtExit(_ directory: URL) {
    let isFirst = removedAtExit.withLock { directories in
        directories.append(directory)
        return directories.count == 1
    }
    guard isFirst else { return }
    atexit {
        let directories = removedAtExit.withLock { $0 }
        for directory in directories { try? FileManager.default.removeItem(at: directory) }
    }
}
