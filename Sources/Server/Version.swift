/// The version that `--version`, `/health` and the User-Agent tell.

enum Version {
    static let current = "0.1.0"
}
