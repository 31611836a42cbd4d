/// The kinds of values that settings take: how each is read and printed.
import OCI
import Upstream

/// Reads a `Value` from a node of the file, or from text put in the shape of one.
struct SettingType<Value: Sendable & Equatable>: Sendable {
    /// Whether it may be a list or a mapping.
    var isStructured = false
    let parse: @Sendable (YAMLNode) throws(InvalidSetting) -> Value
    /// Nil where the value means that nothing is set.
    let render: @Sendable (Value) -> YAMLValue?

    /// A type that is a single text in the file.
    static func scalar(
        _ parse: @escaping @Sendable (String) throws(InvalidValue) -> Value,
        render: @escaping @Sendable (Value) -> YAMLValue?
    ) -> SettingType {
        SettingType(
            parse: { node throws(InvalidSetting) in
                guard case .scalar(let text, _) = node.content else {
                    throw InvalidSetting("expected a single value", at: node.position)
                }
                do throws(InvalidValue) {
                    return try parse(text)
                } catch {
                    throw InvalidSetting(error.message, at: node.position)
                }
            },
            render: render)
    }
}

extension SettingType where Value == String {
    /// A path in the file system.
    static let filePath = SettingType.scalar(
        { text throws(InvalidValue) in
            guard !text.isEmpty, !text.unicodeScalars.contains("\0") else {
                throw InvalidValue("expected a path")
            }
            return text
        }, render: YAMLValue.text)

    static let userName = SettingType.scalar(
        { text throws(InvalidValue) in
            let isPrintable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{7f}" }
            // RFC 7617 §2: a user-id with a colon cannot be told from its password.
            guard !text.isEmpty, isPrintable, !text.contains(":") else {
                throw InvalidValue("expected a user name, without colons or control characters")
            }
            return text
        }, render: { $0.isEmpty ? nil : .text($0) })

    static let hostName = SettingType.scalar(
        { text throws(InvalidValue) in
            guard let name = HostName(text) else {
                throw InvalidValue(
                    "expected a host name such as registry.example.com, not \(text.excerpt)")
            }
            return name.text
        }, render: YAMLValue.text)

    /// A host name, and a port where it is not the usual one: a registry's name.
    static let registryName = SettingType.scalar(
        { text throws(InvalidValue) in
            guard let name = RegistryHost.name(text) else {
                throw InvalidValue(
                    "expected a registry's host name such as ghcr.io or lab.local:5000, not "
                        + text.excerpt)
            }
            return name
        }, render: YAMLValue.text)
}

extension SettingType where Value == Secret {
    /// A text that is never shown, neither printed nor in an error.
    static let secret = SettingType.scalar(
        { text throws(InvalidValue) in
            guard !text.isEmpty else { throw InvalidValue("expected a password") }
            return Secret(text)
        }, render: { secret in secret.reveal().isEmpty ? nil : .text(secret.description) })
}

extension SettingType where Value == EndpointURL {
    /// A registry's address, without `/v2/`.
    static let registryURL = SettingType.scalar(
        RegistryURL.parse, render: { YAMLValue.text($0.description) })
}

extension SettingType where Value == Bool {
    static let flag = SettingType.scalar(
        { text throws(InvalidValue) in
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw InvalidValue("expected true or false, not \(text.excerpt)")
            }
        }, render: { YAMLValue.word("\($0)") })
}

extension SettingType where Value == Int {
    static func number(_ range: ClosedRange<Int>) -> SettingType {
        scalar(
            { text throws(InvalidValue) in
                guard let number = Int(text), range.contains(number) else {
                    throw InvalidValue(
                        "expected a whole number from \(range.lowerBound) to \(range.upperBound), "
                            + "not \(text.excerpt)")
                }
                return number
            }, render: { YAMLValue.word("\($0)") })
    }
}

extension SettingType where Value == ByteCount {
    static let size = SettingType.scalar(
        ByteCount.init(parsing:), render: { YAMLValue.word("\($0)") })
}

extension SettingType where Value == CacheSize {
    static let cacheSize = SettingType.scalar(
        CacheSize.init(parsing:), render: { YAMLValue.word("\($0)") })
}

extension SettingType where Value == CacheSize {
    /// The same, where 0 means none.
    static let freeSpace = SettingType.scalar(
        { text throws(InvalidValue) in
            text == "0" || text == "0%" ? .bytes(ByteCount(0)) : try CacheSize(parsing: text)
        }, render: { YAMLValue.word("\($0)") })
}

extension SettingType where Value == Int {
    /// A share from 1% to 100%.
    static let percent = SettingType.scalar(
        { text throws(InvalidValue) in
            guard text.hasSuffix("%"), let percent = Int(text.dropLast()),
                (1...100).contains(percent)
            else { throw InvalidValue("expected a share from 1% to 100%, not \(text.excerpt)") }
            return percent
        }, render: { YAMLValue.word("\($0)%") })
}

extension SettingType where Value == Int {
    /// The same, and 0% for nothing.
    static let percentOrNone = SettingType.scalar(
        { text throws(InvalidValue) in
            guard text.hasSuffix("%"), let percent = Int(text.dropLast()),
                (0...100).contains(percent)
            else { throw InvalidValue("expected a share from 0% to 100%, not \(text.excerpt)") }
            return percent
        }, render: { YAMLValue.word("\($0)%") })
}

extension SettingType where Value == CredentialHelper {
    static let credentialHelper = SettingType.scalar(
        { text throws(InvalidValue) in
            guard let helper = CredentialHelper(text) else {
                throw InvalidValue(
                    "expected a credential helper such as ecr-login, or an absolute path, not "
                        + text.excerpt)
            }
            return helper
        }, render: { YAMLValue.text($0.text) })
}

extension SettingType where Value == ImagePattern {
    /// Which images, such as `docker.io/library/*:1.*`.
    static let imagePattern = SettingType.scalar(
        imagePattern(parsing:), render: { YAMLValue.text("\($0)") })

    /// Which tags, such as `docker.io/library/*:1.*`; without a tag part, all of a repository.
    static let tagPattern = SettingType.scalar(
        { text throws(InvalidValue) in
            let pattern = try imagePattern(parsing: text)
            guard case .names = pattern else {
                throw InvalidValue("\(text.excerpt) is a digest, which never changes")
            }
            return pattern
        }, render: { YAMLValue.text("\($0)") })

    private static func imagePattern(
        parsing text: String
    ) throws(InvalidValue) -> ImagePattern {
        do throws(RegistryError) {
            return try ImagePattern(text)
        } catch {
            throw InvalidValue(error.message)
        }
    }
}

extension SettingType where Value == AdminAddress {
    static let adminAddress = SettingType.scalar(
        AdminAddress.init(parsing:), render: { YAMLValue.text("\($0)") })
}

extension SettingType where Value == Duration {
    /// A span of time; one that limits something must be above zero.
    static func duration(canBeZero: Bool = false) -> SettingType {
        scalar(
            { text throws(InvalidValue) in
                let duration = try Duration(parsing: text)
                guard canBeZero || duration > .zero else {
                    throw InvalidValue("expected a duration above zero")
                }
                return duration
            }, render: { YAMLValue.word($0.text) })
    }
}

extension SettingType where Value == Duration? {
    /// How often something is done; 0s for never.
    static let interval = SettingType.scalar(
        { text throws(InvalidValue) in
            let interval = try Duration(parsing: text)
            return interval > .zero ? interval : nil
        }, render: { YAMLValue.word(($0 ?? .zero).text) })
}

extension SettingType where Value == Platform {
    static let platform = SettingType.scalar(
        { text throws(InvalidValue) in
            do {
                return try Platform(text)
            } catch {
                throw InvalidValue(
                    "expected a platform such as linux/amd64 or linux/arm/v7, not \(text.excerpt)")
            }
        }, render: { YAMLValue.text("\($0)") })
}
