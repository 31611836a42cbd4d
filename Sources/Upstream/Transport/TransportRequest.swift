// What the transport sends, and what comes back.
import NIOHTTP1
import NIOSSL

/// One request, all of it decided.
struct TransportRequest: Sendable {
    var method: HTTPMethod
    var url: EndpointURL
    var headers: HTTPHeaders
    var body: String?
    var tls: TLSConfiguration?
    var route: Route
    var timeouts: Timeouts
    /// The end of the exchange as a whole, where it has one.
    var total: ExchangeState.Limit?
}

/// The response to one request; its body is read or dropped by whoever holds it.
struct TransportResponse: Sendable {
    /// Where it came from.
    var url: EndpointURL
    var status: Int
    var headers: HTTPHeaders
    var body: ResponseBody
    /// The endpoint that was asked, wherever it redirected to.
    var endpoint: EndpointURL?
    /// The leave to read it, given back with the end of the body.
    var admission: Admission?
    /// Set where it is a redirect that the client is to follow.
    var handedOver: HandedOver?
}
