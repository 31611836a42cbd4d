/// How many files and connections the process may have open.

import Glibc

enum DescriptorLimit {
    /// More is of no use, and some containers say a billion.
    private static let maximum: rlim_t = 1 << 20

    static var current: Int { Int(clamping: limit.rlim_cur) }

    /// Takes as many as an ordinary process may: the soft limit, often 1024, is there for programs
    /// that use select(2).
    static func raise() {
        var limit = limit
        let wanted = min(limit.rlim_max, maximum)
        guard wanted > limit.rlim_cur else { return }
        limit.rlim_cur = wanted
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static var limit: rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }
}
