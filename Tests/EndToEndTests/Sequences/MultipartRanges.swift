// Reads a multipart/byteranges body.

import Foundation

/// The parts of a `multipart/byteranges` body (RFC 9110 §14.6).
struct MultipartRanges {
    /// The parts' contents in the order in which they came.
    let bodies: [Data]

    /// Nil where `contentType` or `body` is malformed.
    init?(contentType: String, body: Data) {
        guard contentType.hasPrefix("multipart/byteranges"),
            let parameter = contentType.range(of: "boundary=")
        else { return nil }
        let boundary = contentType[parameter.upperBound...].trimmingCharacters(
            in: CharacterSet(charactersIn: "\""))
        let delimiter = Data("--\(boundary)".utf8)
        let blankLine = Data("\r\n\r\n".utf8)
        var bodies: [Data] = []
        var rest = body[...]
        while let start = rest.range(of: delimiter) {
            rest = rest[start.upperBound...]
            if rest.starts(with: Data("--".utf8)) {
                self.bodies = bodies
                return
            }
            guard let head = rest.range(of: blankLine),
                let end = rest.range(of: Data("\r\n".utf8) + delimiter)
            else { return nil }
            bodies.append(Data(rest[head.upperBound..<end.lowerBound]))
            rest = rest[end.lowerBound...].dropFirst(2)
        }
        return nil
    }
}
