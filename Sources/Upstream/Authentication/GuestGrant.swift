// What a registry gave somebody to read with: a client's own right, apart from Larder's.

/// Made by ``RegistryClient/signIn(_:for:)``, used by ``RegistryClient/acting(as:)``.
package struct GuestGrant: Sendable, Hashable {
    package enum Proof: Sendable, Hashable {
        /// The registry asks for nothing.
        case none
        case basic(Credential)
        case bearer(Secret)
    }

    package var proof: Proof
    /// Seconds that it may be used for, from when it was given.
    package var lifetimeSeconds: Int64
    /// The URL of the token server that was asked; of the registry where none was.
    package var realm: String
    /// The origin of the endpoint that it is for: no other is shown it.
    package var registry: String

    /// Where nothing is issued that ends by itself.
    package static let unboundedLifetimeSeconds: Int64 = 300

    package init(proof: Proof, lifetimeSeconds: Int64, realm: String, registry: String) {
        self.proof = proof
        self.lifetimeSeconds = lifetimeSeconds
        self.realm = realm
        self.registry = registry
    }

    var authorization: Authorization? {
        switch proof {
        case .none: nil
        case .basic(let credential): .basic(credential)
        case .bearer(let token): .bearer(token, nil)
        }
    }
}

/// With its secrets in the clear: only ever to be encoded into something that is sealed.
extension GuestGrant: Codable {
    private enum CodingKeys: String, CodingKey {
        case username, password, token, lifetimeSeconds, realm, registry
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        if let token = try fields.decodeIfPresent(String.self, forKey: .token) {
            proof = .bearer(Secret(token))
        } else if let username = try fields.decodeIfPresent(String.self, forKey: .username) {
            let password = try fields.decode(String.self, forKey: .password)
            proof = .basic(Credential(username: username, password: Secret(password)))
        } else {
            proof = .none
        }
        lifetimeSeconds = try fields.decode(Int64.self, forKey: .lifetimeSeconds)
        realm = try fields.decode(String.self, forKey: .realm)
        registry = try fields.decode(String.self, forKey: .registry)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch proof {
        case .none: break
        case .basic(let credential):
            try fields.encode(credential.username, forKey: .username)
            try fields.encode(credential.password.reveal(), forKey: .password)
        case .bearer(let token):
            try fields.encode(token.reveal(), forKey: .token)
        }
        try fields.encode(lifetimeSeconds, forKey: .lifetimeSeconds)
        try fields.encode(realm, forKey: .realm)
        try fields.encode(registry, forKey: .registry)
    }
}
