/// What people leave out of an image's name, as Docker's own command line lets them.

import OCI

enum ImageShorthand {
    /// A name without a registry is Docker Hub's; the server completes `library/` and `latest`.
    static func image(_ text: String) -> String {
        guard let slash = text.firstIndex(of: "/"), RegistryRoute.isHost(text[..<slash]) else {
            return "docker.io/\(text)"
        }
        return text
    }

    /// A name without a registry stands for images of that name in any of them.
    static func pattern(_ text: String) -> String {
        guard !text.hasPrefix("sha256:"), !text.hasPrefix("sha512:") else { return text }
        guard let slash = text.firstIndex(of: "/") else { return "**/\(text)" }
        let first = text[..<slash]
        let isRegistry = RegistryRoute.isHost(first) || first.contains("*") || first.contains("?")
        return isRegistry ? text : "**/\(text)"
    }
}
