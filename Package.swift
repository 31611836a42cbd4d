// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where LARDER_STRICT is set, as `make lint` and CI do.
let strict: [SwiftSetting] =
    Context.environment["LARDER_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + strict

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let asyncHTTPClient: Target.Dependency = .product(
    name: "AsyncHTTPClient", package: "async-http-client")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "larder",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "larder", targets: ["Server"])
    ],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CLinux", linkerSettings: [.linkedLibrary("crypt")]),
        .target(name: "OCI", swiftSettings: settings),
        .target(name: "Measurement", swiftSettings: settings),
        .target(
            name: "Migrations",
            path: "migrations",
            exclude: ["README.md"],
            resources: [.embedInCode("sql")],
            swiftSettings: settings),
        .target(
            name: "CacheStore",
            dependencies: [
                "OCI", "Measurement", "CSQLite", "CLinux", "Migrations", nioCore, nioPosix, crypto,
                logging,
            ],
            swiftSettings: settings),
        .target(
            name: "Upstream",
            dependencies: [
                "OCI", "Measurement", "CLinux", asyncHTTPClient, nioCore, nioPosix, nioHTTP1,
                nioSSL, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Server",
            dependencies: [
                "OCI", "Measurement", "CacheStore", "Upstream", "CYAML", "CLinux", asyncHTTPClient,
                nioCore, nioPosix, nioHTTP1, nioSSL, logging, crypto,
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.embedInCode("Administration/OpenAPI/openapi.json")],
            swiftSettings: settings),
        .target(
            name: "TestKit",
            dependencies: ["OCI", nioCore, nioPosix, nioHTTP1, nioSSL, crypto],
            path: "Tests/TestKit",
            swiftSettings: settings),
        .testTarget(
            name: "OCITests", dependencies: ["OCI", "TestKit"], swiftSettings: settings),
        .testTarget(
            name: "CacheStoreTests",
            dependencies: [
                "CacheStore", "OCI", "Measurement", "Migrations", "TestKit", nioCore, nioPosix,
                logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "UpstreamTests",
            dependencies: [
                "Upstream", "OCI", "Measurement", "TestKit", nioCore, nioPosix, nioHTTP1, logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "CacheStore", "Upstream", "OCI", "Measurement", "TestKit",
                asyncHTTPClient, nioCore,
                nioPosix, nioHTTP1, nioSSL, logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["Server", "Upstream", "OCI", "TestKit", nioHTTP1],
            path: "Tests/Fuzz",
            exclude: ["Entry.swift"],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Server", "CacheStore", "OCI", "TestKit", subprocess],
            swiftSettings: settings),
    ]
)

/// `make fuzz` sets LARDER_FUZZ: the parsers and what must hold of them become one program of
/// libFuzzer's, for which Server is a library.
if Context.environment["LARDER_FUZZ"] != nil,
    let server = package.targets.first(where: { $0.name == "Server" })
{
    let libFuzzer = ["-sanitize=fuzzer"]
    package.products = []
    package.targets.removeAll { $0.name == server.name || $0.isTest }
    package.targets += [
        .target(
            name: server.name,
            dependencies: server.dependencies,
            exclude: ["Commands/Larder.swift"],
            resources: server.resources,
            swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["Server", "Upstream", "OCI", "TestKit", nioHTTP1],
            path: "Tests/Fuzz",
            exclude: ["MutationTests.swift"],
            swiftSettings: settings + [.enableExperimentalFeature("Extern")],
            linkerSettings: [.unsafeFlags(libFuzzer)]),
    ]
    for target in package.targets { target.swiftSettings?.append(.unsafeFlags(libFuzzer)) }
}
