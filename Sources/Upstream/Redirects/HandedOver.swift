// A redirect that the client is to follow.

/// Thrown in place of a blob, by ``RedirectPolicy``. It is an answer of the registry, no failure.
package struct HandedOver: Error, Sendable, Equatable {
    /// Where the client is to go. Its query may be a signature: to be sent, never to be logged.
    package var location: EndpointURL
    /// The registry's own status, such as 307.
    package var status: Int

    package init(location: EndpointURL, status: Int) {
        self.location = location
        self.status = status
    }
}
