/// What the admin API does: from a request's document to an answer's (docs/statistics.md).

import CacheStore
import Logging
import OCI
import Upstream

struct AdminOperations: Sendable {
    let services: PullServices
    let registries: CurrentRegistries
    let logger: Logger

    private var store: Store { services.store }

    // MARK: Removing

    func purge(_ request: PurgeRequest) async throws -> PurgeDocument {
        let pattern = try pattern(of: request.target)
        let report = try await store.purge(pattern, isDryRun: request.dryRun ?? false)
        services.missing.removeAll()
        note("purge", request.dryRun, ["target": "\(pattern)", "bytes": "\(report.freedBytes)"])
        return PurgeDocument(
            tags: Int64(report.tags), manifests: Int64(report.manifests),
            blobs: Int64(report.blobs), freedBytes: report.freedBytes,
            heldBytes: report.heldBytes,
            items: report.items.map { item in
                RemovedObjectDocument(
                    digest: "\(item.digest)", kind: item.kind, image: item.name, bytes: item.bytes)
            })
    }

    func evict(_ request: EvictRequest) async throws -> EvictDocument {
        guard request.toBytes >= 0 else {
            throw RequestProblem(400, "to_bytes must not be negative", parameter: "to_bytes")
        }
        let report = try await store.evict(
            to: request.toBytes, isDryRun: request.dryRun ?? false)
        note("evict", request.dryRun, ["bytes": "\(report.bytes)"])
        return EvictDocument(
            objects: Int64(report.count), freedBytes: report.bytes, heldBytes: report.heldBytes,
            isComplete: report.isComplete,
            items: report.victims.map { victim in
                RemovedObjectDocument(
                    digest: "\(victim.digest)", kind: victim.kind.rawValue, image: victim.name,
                    bytes: victim.diskSize)
            })
    }

    /// An upstream alone is all of its repositories; a name without a tag its repository.
    private func pattern(of target: String) throws(RequestProblem) -> ImagePattern {
        let isUpstream = !target.contains("/") && registries.current.named(target) != nil
        return try pattern(isUpstream ? "\(target)/**" : target, "target")
    }

    /// Names in it are taken as they are in the index: with the upstream's own name, and
    /// `library/` where it is left out.
    private func pattern(_ text: String, _ field: String) throws(RequestProblem) -> ImagePattern {
        do throws(RegistryError) {
            return try ImagePattern(registries.current.canonical(text))
        } catch {
            throw RequestProblem(400, error.message, parameter: field)
        }
    }

    // MARK: Refreshing

    /// Asks the upstream what the tag names now, and fetches that.
    func refresh(_ request: RefreshRequest) async throws -> RefreshDocument {
        let image: ImageReference
        let target: PullTarget
        do throws(RegistryError) {
            image = try ImageReference(request.image)
            target = try registries.current.target(for: image)
        } catch {
            throw RequestProblem(error.status, error.message, parameter: "image")
        }
        guard target.registry.access == .open else {
            throw RequestProblem(
                409, "\(target.registry.name) is passthrough: only clients may ask it",
                parameter: "image")
        }
        guard case .tag(let tag) = image.reference else {
            throw RequestProblem(
                400, "\(image) is a digest, which cannot change", parameter: "image")
        }
        let record = try await store.tag(tag, in: target.key)
        let before = record?.digest
        let after = try await verified(tag, target, record)
        note("refresh", false, ["image": "\(image)", "changed": "\(before != after)"])
        return RefreshDocument(
            image: "\(image)", before: before.map { "\($0)" }, after: "\(after)",
            changed: before != after)
    }

    private func verified(
        _ tag: Tag, _ target: PullTarget, _ record: TagRecord?
    ) async throws -> Digest {
        let tags = TagResolution(services: services, target: target)
        do {
            services.missing.forget(.manifest(.tag(tag)), in: target.key)
            let answer = try await tags.ask(tag, record).answer
            services.missing.forget(.manifest(.digest(answer.digest)), in: target.key)
            let pull = ManifestPull(
                services: services, target: target, accepted: AcceptedTypes(headerValues: []),
                needsBody: true)
            let digest = try await pull.find(.digest(answer.digest)).digest
            if !answer.isRecorded { await tags.record(tag, digest) }
            return digest
        } catch let error as UpstreamError {
            throw RequestProblem(error.refreshStatus, "\(error)", parameter: "image")
        }
    }

    // MARK: Pins

    func pins() async throws -> PinsDocument {
        let pins = try await store.pins()
        return PinsDocument(configured: pins.configured, made: pins.made)
    }

    func pin(_ request: PinRequest) async throws -> PinChangeDocument {
        let pattern = try pattern(request.pattern, "pattern")
        let changed = try await store.pin(pattern)
        note("pin", false, ["pattern": "\(pattern)"])
        return PinChangeDocument(pattern: "\(pattern)", changed: changed)
    }

    func unpin(_ request: PinRequest) async throws -> PinChangeDocument {
        let pattern = try pattern(request.pattern, "pattern")
        let changed = try await store.unpin(pattern)
        note("unpin", false, ["pattern": "\(pattern)"])
        return PinChangeDocument(pattern: "\(pattern)", changed: changed)
    }

    // MARK: Upkeep

    func startVerification(_ request: VerifyRequest) async throws -> VerificationDocument {
        var wanted: ImagePattern?
        if let text = request.pattern { wanted = try pattern(text, "pattern") }
        store.startScrub(wanted, bytesPerSecond: services.configuration.scrub.maxRate.bytes)
        note("verify", false, ["pattern": "\(request.pattern ?? "everything")"])
        return verification()
    }

    func stopVerification() async -> VerificationDocument {
        await store.stopScrub()
        note("stop verify", false, [:])
        return verification()
    }

    func verification() -> VerificationDocument {
        VerificationDocument(store.scrubProgress)
    }

    func backUp() async throws -> BackupDocument {
        let backup = try await store.backUp(keep: services.configuration.backup.keep)
        return BackupDocument(
            path: backup.path, bytes: backup.bytes, madeAt: Timestamp(backup.madeAt))
    }

    /// One line for each operation, whoever asked for it.
    func note(_ operation: String, _ isDryRun: Bool?, _ metadata: Logger.Metadata) {
        guard isDryRun != true else { return }
        logger.notice("\(operation)", metadata: metadata)
    }
}

extension VerificationDocument {
    fileprivate init(_ progress: ScrubProgress) {
        let state: State =
            switch progress.state {
            case .idle: .idle
            case .running: .running
            case .done: .done
            case .failed: .failed
            }
        self.init(
            state: state, startedAt: progress.startedAt.map { Timestamp($0) },
            endedAt: progress.endedAt.map { Timestamp($0) }, objects: progress.objects,
            checkedObjects: progress.checkedObjects, checkedBytes: progress.checkedBytes,
            damagedObjects: progress.damagedObjects)
    }
}

extension UpstreamError {
    /// What a refresh that it ended is answered with.
    fileprivate var refreshStatus: Int {
        switch kind {
        case .status(404): 404
        case .offline: 409
        default: 503
        }
    }
}
