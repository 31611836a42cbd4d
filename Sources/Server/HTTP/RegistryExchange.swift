/// One request under `/v2/`, from its path to its answer: address, access, pull.

import CacheStore
import HTTPTypes
import Hummingbird
import OCI
import Upstream

struct RegistryExchange: Sendable {
    let services: PullServices
    let table: RegistryTable
    let request: Request
    let path: RequestTarget
    let requester: Requester

    private var gate: AccessGate {
        AccessGate(services: services, table: table, requester: requester)
    }
    private var presented: PresentedCredential {
        PresentedCredential(request.headers[.authorization])
    }

    /// - Parameters:
    ///   - entry: learns what is asked for, whatever comes of it.
    ///   - admission: set to what the client's download holds until its body has ended.
    /// - Throws: `Unauthorized`, `RegistryError`.
    func answer(
        _ route: RegistryRoute, _ entry: inout AccessEntry, _ admission: inout ClientAdmission?
    ) async throws -> Answer {
        guard request.method == .get || request.method == .head else {
            throw RegistryError(
                .unsupported, "Larder is a read-only cache: push to the registry itself")
        }
        var filling = HotFilling(services.hotObjects, request, host: requester.host)
        let address = Address(
            host: requester.host, prefix: route.prefix, namespace: path["ns"],
            name: route.repository)
        guard route.repository != nil else {
            return try await version(route, address, &entry)
        }
        let named = try table.target(for: address)
        entry.asked = AskedContent(named.key, route.endpoint)
        let admitted = try await gate.admit(
            presented, to: route.endpoint, of: named, isGet: request.method == .get,
            subject: entry.subject)
        admission = admitted.admission
        filling.terms = admitted.terms
        let pulls = RegistryPulls(
            services: services, target: admitted.target, request: request, path: path,
            filling: filling)
        var answer = try await pulls.answer(route.endpoint)
        if let namespace = named.namespace { answer.fields[.ociNamespace] = namespace }
        return answer
    }

    /// `/v2/`: that this is a registry. Nothing is asked upstream.
    private func version(
        _ route: RegistryRoute, _ address: Address, _ entry: inout AccessEntry
    ) async throws -> Answer {
        _ = try await gate.limit(requester, isDownload: false, subject: entry.subject)
        guard case .base = route.endpoint else {
            throw RegistryError(
                .unsupported, "Larder does not list repositories: it does not know them all",
                status: 404)
        }
        let registry = try table.registry(for: address)
        entry.upstream = registry.name
        try await gate.checkVersion(presented, address)
        return Answer(.ok, bytes: Array("{}".utf8), type: "application/json")
    }

    /// `/v2/auth`.
    func token(_ entry: AccessEntry) async throws -> Answer {
        _ = try await gate.limit(requester, isDownload: false, subject: entry.subject)
        return try await TokenEndpoint(services: services, table: table, requester: requester)
            .answer(request, path)
    }
}

extension RegistryRoute {
    /// Nil for `/v2/` and the catalog.
    var repository: RepositoryName? {
        switch endpoint {
        case .base, .catalog: nil
        case .manifest(let name, _), .blob(let name, _), .tags(let name),
            .referrers(let name, _), .uploads(let name):
            name
        }
    }
}
