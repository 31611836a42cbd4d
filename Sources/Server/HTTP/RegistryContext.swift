/// What a request brings along besides its head: the connection it came on.

import Hummingbird
import NIOCore

struct RegistryContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who asks by this request, in front of proxies that are trusted.
    func requester(of request: Request, _ policy: AccessPolicy) -> Requester {
        Peer(channel, policy).requester(
            scheme: request.isTLS ? "https" : "http",
            host: request.head.authority, ForwardedFields(request.headers))
    }
}

extension Request {
    /// Whether it came over TLS, which the connection tells, not the client: where Larder names
    /// itself by URL, that is `https`.
    fileprivate var isTLS: Bool { head.scheme == "https" }
}
