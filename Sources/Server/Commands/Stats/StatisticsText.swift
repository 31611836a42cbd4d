/// The lists of `/stats` as tables for people.

enum StatisticsText {
    static func upstreams(_ items: [UpstreamDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([
            .name("UPSTREAM"), .number("REQUESTS"), .number("HIT RATE"), .number("SERVED"),
            .number("FETCHED"), .number("STORED"), .name("STATUS"), .text("LIMIT"),
        ])
        for item in items {
            let share = item.maxBytes.map { " of \(Readable.size($0))" } ?? ""
            table.append([
                item.name, Readable.count(item.traffic.requests),
                Readable.percent(item.traffic.hitRate), Readable.size(item.traffic.servedBytes),
                Readable.size(item.traffic.fetchedBytes),
                Readable.size(item.storedBytes) + share,
                item.isOffline ? "offline" : status(item.status, now),
                item.rateLimit.map { "\($0.remaining)/\($0.limit)" } ?? "-",
            ])
        }
        return table.lines(width: width)
    }

    private static func status(_ status: UpstreamDocument.Status, _ now: Int64) -> String {
        switch status.state {
        case .unknown: "-"
        case .up: "up"
        case .failing:
            "failing (\(status.lastFailure ?? "unknown")), "
                + Readable.age(status.lastFailureAt, at: now)
        }
    }

    static func repositories(
        _ items: [RepositoryDocument], now: Int64, width: Int?
    ) -> [String] {
        var table = TextTable([.name("REPOSITORY")] + trafficColumns)
        for item in items {
            table.append(["\(item.upstream)/\(item.repository)"] + cells(item.traffic))
        }
        return table.lines(width: width)
    }

    static func timeline(_ items: [TimelineDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([.text("FROM")] + trafficColumns)
        for item in items { table.append(["\(item.startAt)"] + cells(item.traffic)) }
        return table.lines(width: width)
    }

    private static let trafficColumns: [TextTable.Column] = [
        .number("REQUESTS"), .number("PULLS"), .number("HIT RATE"), .number("SERVED"),
        .number("FETCHED"),
    ]

    private static func cells(_ traffic: TrafficDocument) -> [String] {
        [
            Readable.count(traffic.requests), Readable.count(traffic.pulls),
            Readable.percent(traffic.hitRate), Readable.size(traffic.servedBytes),
            Readable.size(traffic.fetchedBytes),
        ]
    }

    static func clients(_ items: [ClientDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([
            .name("CLIENT"), .number("REQUESTS"), .number("SERVED"), .text("LAST ACCESS"),
        ])
        for item in items {
            table.append([
                item.address, Readable.count(item.requests), Readable.size(item.servedBytes),
                Readable.age(item.lastAccessAt, at: now),
            ])
        }
        return table.lines(width: width)
    }

    static func evictions(_ items: [EvictionDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([
            .text("EVICTED"), .name("IMAGE"), .text("KIND"), .text("DIGEST"), .number("FREED"),
            .text("REASON"), .text("LAST ACCESS"),
        ])
        for item in items {
            table.append([
                Readable.age(item.evictedAt, at: now), item.image ?? "-", item.kind,
                Readable.shortDigest(item.digest), Readable.size(item.freedBytes), item.reason,
                Readable.age(item.lastAccessAt, at: now),
            ])
        }
        return table.lines(width: width)
    }

    static func cold(_ items: [ColdImageDocument], now: Int64, width: Int?) -> [String] {
        var table = TextTable([
            .name("IMAGE"), .text("DIGEST"), .number("SIZE"), .number("CACHED"),
            .text("LAST ACCESS"),
        ])
        for item in items {
            table.append([
                item.image ?? "-", Readable.shortDigest(item.digest),
                Readable.size(item.sizeBytes), Readable.size(item.cachedBytes),
                Readable.age(item.lastAccessAt, at: now),
            ])
        }
        return table.lines(width: width)
    }
}
