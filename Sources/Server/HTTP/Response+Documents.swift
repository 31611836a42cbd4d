/// Answers in JSON, and what a refusal says.

import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    init(_ status: HTTPResponse.Status, json bytes: [UInt8]) {
        self.init(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(_ problem: RequestProblem) {
        let document = ErrorDocument(problem.message, parameter: problem.parameter)
        let bytes = (try? JSONDocument.encode(document)) ?? []
        self.init(HTTPResponse.Status(code: problem.status), json: bytes)
        if problem.status == 401 {
            headers[.wwwAuthenticate] = #"Bearer realm="larder-admin""#
        }
    }
}
