/// What loading a configuration needs of the machine.
import OCI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Files and identity, replaceable in tests.
struct ConfigurationSystem: Sendable {
    /// Read if it is there and no other file is named.
    var defaultFile = "/etc/larder/larder.yaml"
    var isRoot = geteuid() == 0
    /// The whole file, of at most the given number of bytes.
    var readFile: @Sendable (String, Int) throws(FileProblem) -> [UInt8] =
        BoundedFile.contents
    /// Unix seconds.
    var now: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// Where the cache is kept if nothing else is said.
    var defaultDataDirectory: String {
        isRoot ? "/var/lib/larder" : "./larder-data"
    }
}

/// Why a file could not be read.
enum FileProblem: Error, Equatable {
    case system(code: Int32)
    case tooLong(limit: Int)
}

extension FileProblem {
    static let notFound = FileProblem.system(code: ENOENT)
}

extension FileProblem: CustomStringConvertible {
    var description: String {
        switch self {
        case .system(let code): strerror(code).map { String(cString: $0) } ?? "error \(code)"
        case .tooLong(let limit): "longer than \(ByteCount(Int64(limit)))"
        }
    }
}

enum BoundedFile {
    /// Reads to the end, from pipes as well. Blocks: not for the cooperative pool.
    static func contents(of path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while true {
            let block = try readBlock(descriptor)
            guard !block.isEmpty else { return bytes }
            bytes += block
            guard bytes.count <= limit else { throw .tooLong(limit: limit) }
        }
    }

    private static func readBlock(_ descriptor: Int32) throws(FileProblem) -> [UInt8] {
        var code: Int32 = 0
        let block = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
            var result = -1
            repeat {
                result = read(descriptor, buffer.baseAddress, buffer.count)
            } while result < 0 && errno == EINTR
            code = result < 0 ? errno : 0
            count = max(result, 0)
        }
        guard code == 0 else { throw .system(code: code) }
        return block
    }
}
