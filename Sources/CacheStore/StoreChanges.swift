/// Tells those who keep answers in memory that the store no longer says what it said.

import OCI
import Synchronization

/// Called before the operation that changes something returns, and after the change itself:
/// whoever looks at the store from then on sees it changed.
package protocol StoreObserver: Sendable {
    /// Their files are gone, were replaced, or are in doubt.
    func contentChanged(_ digests: Set<Digest>)
    /// The tag names another digest, was verified again, is gone, or may not be read.
    func tagChanged(_ tag: Tag, in key: RepositoryKey)
    /// Anything may have changed.
    func everythingChanged()
}

package final class StoreChanges: Sendable {
    private let observers = Mutex<[any StoreObserver]>([])

    package func observe(with observer: any StoreObserver) {
        observers.withLock { $0.append(observer) }
    }

    func content(_ digests: Set<Digest>) {
        for observer in all { observer.contentChanged(digests) }
    }

    package func tag(_ tag: Tag, in key: RepositoryKey) {
        for observer in all { observer.tagChanged(tag, in: key) }
    }

    package func everything() {
        for observer in all { observer.everythingChanged() }
    }

    private var all: [any StoreObserver] { observers.withLock { $0 } }
}
