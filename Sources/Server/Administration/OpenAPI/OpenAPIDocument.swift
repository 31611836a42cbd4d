/// `GET /openapi.json`: what docs/statistics.md says, for programs.

import HTTPTypes
import Hummingbird
import NIOCore

/// OpenAPI 3.1. What is said about types, bounds and statuses in `openapi.json` is what the
/// server does: tests hold the two together.
enum OpenAPIDocument {
    /// With the version that runs in the place of `VERSION`.
    static let bytes = Array(
        String(decoding: PackageResources.openapi_json, as: UTF8.self)
            .replacing(#""version": "VERSION""#, with: #""version": "\#(Version.current)""#).utf8)

    static func add(to router: Router<RegistryContext>) {
        router.get("/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }
}
