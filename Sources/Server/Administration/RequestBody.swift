/// From the body of an admin request to its document: bounded, typed, nothing unknown or twice.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import OCI

enum RequestBody {
    static let maximumLength = 64 * 1024
    private static let maximumDepth = 16

    /// An empty body stands for `{}`.
    ///
    /// - Throws: `RequestProblem` of 400, 413 or 415.
    static func read<Document: RequestDocument>(
        _ request: Request
    ) async throws(RequestProblem) -> Document {
        if let type = request.headers[.contentType] { try check(type: type) }
        let sent = try await bytes(of: request)
        return try document(sent.isEmpty ? Array("{}".utf8) : sent)
    }

    static func document<Document: RequestDocument>(
        _ bytes: [UInt8]
    ) throws(RequestProblem) -> Document {
        if let problem = JSONShape.problem(in: bytes, maximumDepth: maximumDepth) {
            throw RequestProblem(400, "the body \(problem)")
        }
        do {
            try FieldNames.check(bytes, known: Document.fields)
            return try JSONDocument.decode(from: bytes)
        } catch let error as DecodingError {
            throw RequestProblem(error)
        } catch let error as RequestProblem {
            throw error
        } catch {
            throw RequestProblem(400, "the body is not valid JSON")
        }
    }

    /// RFC 9110 §15.5.16. A body that does not say what it is passes for JSON.
    private static func check(type: String) throws(RequestProblem) {
        let essence = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard essence == "application/json" else {
            throw RequestProblem(415, "the body must be application/json, not \(type.excerpt)")
        }
    }

    private static func bytes(of request: Request) async throws(RequestProblem) -> [UInt8] {
        do {
            let buffer = try await request.body.collect(upTo: maximumLength)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw RequestProblem(413, "the body is larger than \(maximumLength) bytes")
        } catch {
            throw RequestProblem(400, "the body ends before it is complete")
        }
    }
}

extension RequestProblem {
    /// Names the field of the body at fault.
    fileprivate init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, _):
            let field = key.stringValue.snakeCased
            self.init(400, "\(field) is missing", parameter: field)
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            guard let field = context.codingPath.first?.stringValue.snakeCased else {
                self.init(400, "the body is not valid JSON")
                return
            }
            self.init(400, "\(field) is of the wrong type", parameter: field)
        @unknown default: self.init(400, "the body is not valid JSON")
        }
    }
}
