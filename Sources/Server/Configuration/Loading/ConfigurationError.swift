/// What is wrong with a configuration: all of it at once.
import OCI

/// Where a value comes from, if it is not the default.
enum ConfigurationOrigin: Sendable, Hashable {
    case file(String, TextPosition)
    case environment(String)
    case flag(String)
}

extension ConfigurationOrigin: CustomStringConvertible {
    /// `FILE:LINE:COLUMN`, or the name of the variable or flag.
    var description: String {
        switch self {
        case .file(let path, let position): "\(path):\(position.line):\(position.column)"
        case .environment(let name), .flag(let name): name
        }
    }
}

/// One thing to mend.
struct ConfigurationProblem: Sendable, Equatable {
    /// Nil where no single place is to blame.
    var origin: ConfigurationOrigin?
    /// Such as `cache.max_size`.
    var key: String?
    /// What is expected there. Never holds a secret.
    var message: String
}

extension ConfigurationProblem: CustomStringConvertible {
    var description: String {
        [origin?.description, key?.shownAsKey, message].compactMap(\.self)
            .joined(separator: ": ")
    }
}

extension String {
    /// As it is written, where that can be printed: an unknown key may hold anything that YAML
    /// lets through, a terminal's commands too.
    var shownAsKey: String {
        unicodeScalars.allSatisfy { (" "..."~").contains($0) } ? self : excerpt
    }
}

/// A configuration that cannot be used.
struct ConfigurationError: Error, Equatable {
    /// Never empty.
    let problems: [ConfigurationProblem]
}

extension ConfigurationError: CustomStringConvertible {
    /// One line for each problem.
    var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
