// The leave to send one request, held until its answer is read.
import Synchronization

/// Of a download it is a place among `max_fetches`, given back with the end of the body or when
/// nobody holds the admission any more, whichever comes first.
final class Admission: Sendable {
    private let slots: FetchSlots?
    private let isOver = Atomic<Bool>(false)

    /// - Parameter slots: where a slot was taken; nil for a request that needs none.
    init(slots: FetchSlots?) {
        self.slots = slots
    }

    deinit { end() }

    func end() {
        guard let slots, !isOver.exchange(true, ordering: .relaxed) else { return }
        slots.give()
    }
}
