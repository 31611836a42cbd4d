// The redirect rule of go-docker-proxy 1.1.0.
import OCI

extension RedirectRule {
    /// Docker Hub's CDN is followed, object storage is the client's; all else is left to
    /// ``RedirectPolicy/otherwise``.
    package static let predecessor = [
        RedirectRule(hosts: below("docker.com", "docker.io"), action: .follow),
        RedirectRule(
            hosts: below(
                "amazonaws.com", "cloudfront.net", "cloudflarestorage.com",
                "storage.googleapis.com", "blob.core.windows.net"),
            action: .handOver),
    ]

    /// Names, and all names below them.
    package static func below(_ hosts: String...) -> [Glob] {
        below(hosts)
    }

    package static func below(_ hosts: [String]) -> [Glob] {
        hosts.flatMap { [Glob($0), Glob("*.\($0)")] }
    }
}
