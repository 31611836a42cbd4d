/// The time line in steps.

import CacheStore

/// Hours put together to longer steps.
enum Timeline {
    static func rows(_ rows: [TimelineRow], step: Int64) -> [TimelineRow] {
        var steps: [TimelineRow] = []
        for row in rows {
            let seconds = max(step, row.seconds)
            let start = row.startAt - row.startAt % seconds
            if let last = steps.last, last.startAt == start, last.seconds == seconds {
                steps[steps.count - 1] = TimelineRow(
                    startAt: start, seconds: seconds, traffic: last.traffic + row.traffic)
            } else {
                steps.append(TimelineRow(startAt: start, seconds: seconds, traffic: row.traffic))
            }
        }
        return steps
    }
}
