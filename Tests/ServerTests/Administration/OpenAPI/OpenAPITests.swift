/// `/openapi.json` and the server say the same.
import Foundation
import HTTPTypes
import Hummingbird
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import CacheStore
@testable import Server

@Suite("OpenAPI")
struct OpenAPITests {
    private let api: APIDescription

    init() throws {
        api = try APIDescription()
    }

    @Test("every path that is described is routed, and the reverse")
    func routes() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var configuration = Configuration()
        configuration.dataDirectory = directory.file("data")
        let quiet = LoggingSetup(LogSettings(level: .critical))
        let routes = try await Composition.with(configuration, logging: quiet) { parts in
            parts.pages(try await parts.adminRoutes()).routes.map {
                "\($0.method.rawValue) \($0.path.description)"
            }
        }
        #expect(Set(routes) == Set(api.operations.keys))
    }

    @Test("every query parameter is described", arguments: StatisticsTopic.allCases)
    func parameters(topic: StatisticsTopic) {
        let path = topic == .totals ? "/stats" : "/stats/\(topic.rawValue)"
        #expect(Set(api.parameters("GET \(path)").keys) == topic.parameters)
    }

    @Test(
        "every field of a request is described",
        arguments: [
            ("PurgeRequest", PurgeRequest.fields), ("EvictRequest", EvictRequest.fields),
            ("RefreshRequest", RefreshRequest.fields), ("PinRequest", PinRequest.fields),
            ("VerifyRequest", VerifyRequest.fields), ("OfflineRequest", OfflineRequest.fields),
        ])
    func fields(schema: String, fields: Set<String>) throws {
        let described = try #require(api.schema(schema))
        #expect(Set(try #require(described["properties"]).members.keys) == fields)
        #expect(described["additionalProperties"] == .bool(false))
    }

    @Test("choices and bounds are those of the server")
    func choices() throws {
        func choices(_ path: String, _ parameter: String) -> Set<String>? {
            api.parameters("GET /stats/\(path)")[parameter]?["enum"]?.names
        }
        #expect(choices("repositories", "sort") == Set(RepositoryOrder.allCases.map(\.rawValue)))
        #expect(choices("images", "sort") == Set(ImageOrder.allCases.map(\.rawValue)))
        #expect(choices("clients", "sort") == Set(ClientOrder.allCases.map(\.rawValue)))
        let reasons = api.schema("Eviction")?["properties"]?["reason"]?["enum"]?.names
        #expect(reasons == Set(EvictionReason.allCases.map(\.rawValue)))
        let page = api.parameters("GET /stats/clients")
        #expect(page["limit"]?["maximum"] == .integer(Int64(QueryParameters.maximumLimit)))
        #expect(page["offset"]?["maximum"] == .integer(Int64(QueryParameters.maximumOffset)))
    }

    @Test(
        "a document has the members that are required of it, and no others",
        arguments: DocumentSample.all(time: nil) + DocumentSample.all(time: Timestamp(1)))
    func documents(sample: DocumentSample) throws {
        let json = try JSONDocument.encode(sample.document)
        let value = try JSONValue(parsing: json)
        #expect(api.problems(value, api.schema(sample.schema)) == [])
    }

    @Test("what is answered is closed, and requires all of its members")
    func closed() {
        let requests: Set<String> = [
            "PurgeRequest", "EvictRequest", "VerifyRequest", "OfflineRequest",
        ]
        let schemas = api.root["components"]?["schemas"]?.members ?? [:]
        let objects = schemas.filter { !requests.contains($0.key) }.flatMap { entry in
            self.objects(in: entry.value)
        }
        #expect(objects.count > 30)
        let optional: Set<String> = ["parameter"]
        for object in objects {
            let members = Set(object["properties"]?.members.keys.map(\.self) ?? [])
            #expect(object["additionalProperties"] == .bool(false))
            #expect(object["required"]?.names == members.subtracting(optional))
        }
    }

    private func objects(in schema: JSONValue) -> [JSONValue] {
        let inner = schema.elements + Array(schema.members.values)
        return (schema["properties"] == nil ? [] : [schema]) + inner.flatMap { objects(in: $0) }
    }

    @Test("a member too few, too many, of another type or unlisted is noticed")
    func noticed() throws {
        func problems(_ json: String, _ schema: String) throws -> Int {
            let value = try JSONValue(parsing: Array(json.utf8))
            return api.problems(value, api.schema(schema)).count
        }
        #expect(try problems(#"{"pattern":"a/b","changed":true}"#, "PinChange") == 0)
        #expect(try problems(#"{"pattern":"a/b"}"#, "PinChange") == 1)
        #expect(try problems(#"{"pattern":"a/b","changed":true,"x":1}"#, "PinChange") == 1)
        #expect(try problems(#"{"pattern":"a/b","changed":"yes"}"#, "PinChange") == 1)
        #expect(try problems(#"{"pattern":"alpine","changed":true}"#, "PinChange") == 1)
        #expect(
            try problems(#"{"items":[{"pattern":"a/b","source":"elsewhere"}]}"#, "Pins") == 1)
        #expect(try problems(#"{}"#, "Nothing") == 1)
    }

    @Test("it is served to everybody, with the version that runs")
    func served() async throws {
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.request(.GET, "/openapi.json")
            #expect(response.status == 200)
            #expect(response.headers.first(name: "Content-Type") == "application/json")
            let root = try JSONValue(parsing: response.body)
            #expect(root["info"]?["version"] == .string(Version.current))
            #expect(root["openapi"] == .string("3.1.0"))
        }
    }

    @Test("pages answer what is described", arguments: ["/", "/health"])
    func pages(path: String) async throws {
        let api = api
        try await withLarder({ _ in }) { larder, _ in
            let response = try await larder.request(.GET, path)
            let value = try JSONValue(parsing: response.body)
            #expect(api.problems(value, api.answer("GET \(path)", status: 200)) == [])
        }
    }
}
