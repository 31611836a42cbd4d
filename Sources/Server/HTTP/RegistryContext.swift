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

    /// The client's address without its port; `-` where the socket has none.
    var client: String { channel.remoteAddress?.ipAddress ?? "-" }
}
