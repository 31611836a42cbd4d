/// What a server's refusal, or its absence, means for a command.

import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension CommandFailure {
    init(connecting error: any Error, to address: ServerAddress) {
        let code = Self.systemError(error)
        self = .unreachable(
            "larder cannot be reached at \(address): \(Self.reason(error, code))",
            isServerAbsent: code == ECONNREFUSED || code == ENOENT)
    }

    /// - Parameter status: of an answer that is no success.
    init(
        status: Int, _ body: [UInt8], from address: ServerAddress, _ credential: AdminCredential
    ) {
        let document = try? JSONDocument.decode(ErrorDocument.self, from: body)
        switch (status, document) {
        case (401, _):
            self = .unreachable(
                "\(address) asks for the admin token; "
                    + (credential.token == nil
                        ? "none was found: \(credential.origin)"
                        : "it did not take the one of \(credential.origin)"))
        case (403, _):
            self = .unreachable("\(address) refuses the admin token of \(credential.origin)")
        case (_, let document?) where status != 404 || document.error.parameter != nil:
            self = .failed(document.error.message)
        default:
            self = .unreachable(
                "\(address) answers \(status): it is not larder, or larder serves this at "
                    + "another address (admin.listen)")
        }
    }

    private static func systemError(_ error: any Error) -> CInt? {
        switch error {
        case let error as IOError: error.errnoCode
        case let error as NIOConnectionError:
            error.connectionErrors.first.flatMap { systemError($0.error) }
        default: nil
        }
    }

    private static func reason(_ error: any Error, _ code: CInt?) -> String {
        if let code { return String(cString: strerror(code)) }
        return switch error {
        case let error as HTTPClientError: error.shortDescription
        case is NIOTooManyBytesError: "the answer is too long"
        case is NIOConnectionError: "host name not found"
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            "no TLS connection that can be trusted (\(error)); see --ca-file"
        case is HTTPParserError, is ChannelError: "it does not speak HTTP, or closed early"
        default: "\(type(of: error))"
        }
    }
}
