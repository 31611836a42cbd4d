/// Takes over what the normal path answered as a hit.

import CacheStore
import HTTPTypes
import Hummingbird
import OCI

/// Made before anything is looked up for a request.
struct HotFilling: Sendable {
    private let objects: HotObjects
    private let ticket: HotObjects.Ticket
    private let key: HotKey
    private let accept: [String]
    /// On which what is answered may be answered again; nil where it may not.
    var terms: AccessTerms?

    /// - Parameter host: by which the client knows Larder.
    init(_ objects: HotObjects, _ request: Request, host: String?) {
        self.objects = objects
        ticket = objects.ticket
        key = HotKey(host: host, target: request.head.path ?? "/")
        accept = request.headers[values: .accept]
    }

    func keep(_ found: FoundManifest, asked reference: Reference, of target: PullTarget) {
        guard let terms, found.outcome == .hit, let basis = found.basis, let bytes = found.bytes,
            bytes.count <= HotObjects.maximumManifestBytes
        else { return }
        keep(
            HotObject(
                AskedContent(target.key, .manifest(target.key.repository, reference)),
                namespace: target.namespace, digest: found.digest,
                mediaType: found.mediaType.rawValue, content: .manifest(bytes), basis: basis,
                terms: terms))
    }

    func keep(_ found: FoundBlob, _ digest: Digest, of target: PullTarget, in store: Store) {
        guard let terms, objects.isEnabled, found.outcome == .hit, let basis = found.basis,
            let record = found.record, case .file(let content, reader: nil) = found.source,
            let file = store.hotFile(of: content, record: record)
        else { return }
        keep(
            HotObject(
                AskedContent(target.key, .blob(target.key.repository, digest)),
                namespace: target.namespace, digest: digest,
                mediaType: MediaType.octetStream.rawValue, content: .blob(file), basis: basis,
                terms: terms))
    }

    private func keep(_ object: HotObject) {
        objects.add(object, for: key, accept: accept, ticket)
    }
}
