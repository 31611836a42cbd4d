/// What the kernel says about this process (proc(5)).

import FoundationEssentials
import Glibc

/// The figures that Prometheus' own clients export.
struct ProcessFigures: Sendable, Equatable {
    var residentBytes: Int
    /// User and system time.
    var cpuSeconds: Double
    /// Unix seconds.
    var startTime: Double
    var openDescriptors: Int?
    var maxDescriptors: Int?

    /// - Parameters:
    ///   - stat: the text of `/proc/self/stat`.
    ///   - bootTime: Unix seconds.
    ///   - ticks: clock ticks per second.
    ///   - pageBytes: bytes of a page of memory.
    init?(stat: String, bootTime: Double, ticks: Double, pageBytes: Int) {
        // The second field, the command, may hold blanks and parentheses; the third follows.
        guard let command = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[command...].split(separator: " ").dropFirst().map { Int($0) }
        guard fields.count > 21, let user = fields[11], let system = fields[12],
            let start = fields[19], let pages = fields[21]
        else { return nil }
        residentBytes = pages * pageBytes
        cpuSeconds = Double(user + system) / ticks
        startTime = bootTime + Double(start) / ticks
    }

    /// Reads `/proc`: blocks for some tens of microseconds, so not on an event loop.
    static func read() -> ProcessFigures? {
        guard let stat = text("/proc/self/stat"), let bootTime,
            var figures = ProcessFigures(
                stat: stat, bootTime: bootTime, ticks: Double(sysconf(Int32(_SC_CLK_TCK))),
                pageBytes: sysconf(Int32(_SC_PAGESIZE)))
        else { return nil }
        // The listing holds the descriptor that it is read by.
        let listed = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        figures.openDescriptors = listed.map { $0.count - 1 }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maxDescriptors = Int(exactly: limit.rlim_cur)
        }
        return figures
    }

    private static var bootTime: Double? {
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        (try? BoundedFile.contents(of: path, limit: 1 << 20)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
