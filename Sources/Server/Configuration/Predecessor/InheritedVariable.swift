/// What became of one variable of go-docker-proxy, for the operator to read.

struct InheritedVariable: Sendable, Equatable {
    enum Outcome: Sendable, Equatable {
        /// What it is in Larder's own keys, such as `listen: 0.0.0.0:8080`.
        case taken(String)
        /// A stronger source has the key.
        case overridden(key: String, by: ConfigurationOrigin)
        /// It asks for what is so anyway; why.
        case unneeded(String)
        /// Larder has nothing like it; what there is instead.
        case unsupported(String)
        /// With it Larder's own configuration would not be usable; why.
        case refused(String)
    }

    let name: String
    let value: String
    var outcome: Outcome

    /// Whether the operator gets something else than was asked for.
    var isWarning: Bool {
        switch outcome {
        case .taken, .overridden, .unneeded: false
        case .unsupported, .refused: true
        }
    }
}

extension InheritedVariable: CustomStringConvertible {
    var description: String {
        switch outcome {
        case .taken(let settings): "\(name)=\(value) → \(settings)"
        case .overridden(let key, let origin): "\(name) is not used: \(origin) sets \(key)"
        case .unneeded(let reason): "\(name)=\(value) changes nothing: \(reason)"
        case .unsupported(let reason): "\(name) is not supported: \(reason)"
        case .refused(let reason): "\(name) is not used: \(reason)"
        }
    }
}
