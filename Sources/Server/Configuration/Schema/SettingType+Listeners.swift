/// How a listener's further settings are written.
import OCI

extension SettingType where Value == ListenAddress {
    /// `host:port` that only this machine reaches.
    static let loopbackAddress = SettingType.scalar(
        { text throws(InvalidValue) in
            let address = try ListenAddress(parsing: text)
            guard address.isLoopback else {
                throw InvalidValue(
                    "expected an address of this machine alone, as 127.0.0.1:5001 or [::1]:5001, "
                        + "not \(text.excerpt)")
            }
            return address
        }, render: { YAMLValue.text("\($0)") })
}

extension SettingType where Value == ConnectionSettings.Maximum {
    static let connectionMaximum = SettingType.scalar(
        { text throws(InvalidValue) in
            if text == "auto" { return .automatic }
            guard let count = Int(text), (1...1_000_000).contains(count) else {
                throw InvalidValue(
                    "expected auto or a whole number from 1 to 1000000, not \(text.excerpt)")
            }
            return .count(count)
        },
        render: { maximum in
            switch maximum {
            case .automatic: .word("auto")
            case .count(let count): .word("\(count)")
            }
        })
}
