/// Which upstreams are asked, while the server runs.

import Logging
import OCI

extension AdminOperations {
    /// - Throws: `RequestProblem` of 404 where no upstream has the name.
    func setOffline(_ request: OfflineRequest) throws(RequestProblem) -> OfflineDocument {
        var name: String?
        if let text = request.upstream {
            guard let registry = registries.current.named(text) else {
                throw RequestProblem(
                    404, "there is no upstream \(text.excerpt)", parameter: "upstream")
            }
            name = registry.name
        }
        services.offline.set(request.offline, upstream: name)
        note(request.offline ? "offline" : "online", false, ["upstream": "\(name ?? "all")"])
        return offline()
    }

    func offline() -> OfflineDocument {
        OfflineDocument(
            items: registries.current.names.map { name in
                let setting = services.offline.setting(of: name)
                return OfflineUpstreamDocument(
                    upstream: name, isOffline: setting.isOffline,
                    source: setting.source == .runtime ? .runtime : .configuration)
            })
    }
}
