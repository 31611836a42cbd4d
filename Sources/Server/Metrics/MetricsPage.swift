/// `GET /metrics`: everything that is counted, for Prometheus (docs/statistics.md).

import CacheStore
import Hummingbird
import NIOCore
import NIOPosix
import Upstream

struct MetricsPage: Sendable {
    let services: PullServices
    let registries: CurrentRegistries
    /// Nil where plain HTTP is spoken.
    let certificates: TLSCertificates?

    func add(to router: Router<RegistryContext>) {
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusText.mediaType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await text())))
        }
    }

    /// What cannot be read at the moment is left out: a scrape shows the rest.
    func text() async -> String {
        let store = services.store
        let objects = try? await store.objectCount()
        let process = try? await NIOThreadPool.singleton.runIfActive { ProcessFigures.read() }
        var text = PrometheusText()
        text.add(
            "larder_build_info", .gauge, "The version that runs; always 1.",
            [(["version": Version.current], 1)])
        text.add(services.metrics.counts)
        text.add(services.access.limits.counts)
        text.add(services.connections.snapshot)
        text.add(
            "larder_tls_certificate_expiry_timestamp_seconds", .gauge,
            "When the certificate in use ends.", certificates.map { Double($0.notAfter) })
        text.add(fills: services.blobFetches.counter.counts, inFlight: services.blobFetches.count)
        text.add(store.budget.state, objects: objects)
        text.add(store.activity)
        let table = registries.current
        text.add(table.all.map { ($0.name, $0.client.activity.snapshot) })
        text.add(endpoints: table.all.map { ($0.name, $0.client.endpointSnapshots) })
        text.add(offline: table.names.map { ($0, services.offline.isOffline($0)) })
        if let process { text.add(process) }
        return text.text
    }
}
