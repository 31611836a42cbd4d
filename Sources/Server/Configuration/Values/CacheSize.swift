/// How large the cache may grow.
import OCI

/// An amount, or a share of the file system that holds the data directory.
enum CacheSize: Sendable, Equatable {
    case bytes(ByteCount)
    /// 1 to 100.
    case percent(Int)

    /// `50GiB` or `80%`.
    init(parsing text: String) throws(InvalidValue) {
        guard text.hasSuffix("%") else {
            let size = try ByteCount(parsing: text)
            guard size.bytes > 0 else { throw InvalidValue("expected a size above 0") }
            self = .bytes(size)
            return
        }
        guard let percent = Int(text.dropLast()), (1...100).contains(percent) else {
            throw InvalidValue("expected a share from 1% to 100%, not \(text.excerpt)")
        }
        self = .percent(percent)
    }
}

extension CacheSize: CustomStringConvertible {
    var description: String {
        switch self {
        case .bytes(let size): size.description
        case .percent(let percent): "\(percent)%"
        }
    }
}
