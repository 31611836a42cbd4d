/// What can be asked at `/stats`, and by which parameters.

/// One list or total of `/stats`.
enum StatisticsTopic: String, CaseIterable, Sendable {
    case totals = ""
    case upstreams, repositories, images, image, timeline, clients, evictions, cold, cache

    /// Whether it names repositories, images or clients.
    var isPrivate: Bool {
        switch self {
        case .totals, .upstreams, .timeline, .cache: false
        case .repositories, .images, .image, .clients, .evictions, .cold: true
        }
    }

    var parameters: Set<String> {
        let page: Set<String> = ["limit", "offset"]
        return switch self {
        case .totals, .cache: []
        case .upstreams, .evictions: page
        case .repositories: page.union(["upstream", "sort"])
        case .images:
            page.union(["upstream", "repository", "since", "pattern", "sort", "order"])
        case .image: ["name"]
        case .timeline: page.union(["from", "to", "step"])
        case .clients: page.union(["sort"])
        case .cold: page.union(["older_than"])
        }
    }
}
