// Takes a registry path apart, independently of the code under test.

struct ScriptedRoute: Equatable {
    enum Kind: Equatable {
        case manifest, blob, tags, referrers
    }

    var repository: String
    var kind: Kind
    /// Tag or digest; `list` for tags.
    var reference: String

    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[1] == "v2", let last = parts.last else { return nil }
        switch parts[parts.count - 2] {
        case "manifests": kind = .manifest
        case "blobs": kind = .blob
        case "tags": kind = .tags
        case "referrers": kind = .referrers
        default: return nil
        }
        repository = parts[2..<(parts.count - 2)].joined(separator: "/")
        reference = String(last)
    }
}

extension ScriptedResponse {
    /// Cuts a 200 down to a single range of bytes (RFC 9110 §14); leaves others alone.
    mutating func applyRange(_ header: String?) {
        guard status == 200, let header, header.hasPrefix("bytes="), !header.contains(",") else {
            return
        }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return }
        let total = body.count
        let first = Int(ends[0]) ?? max(0, total - (Int(ends[1]) ?? 0))
        let last = ends[0].isEmpty ? total - 1 : min(Int(ends[1]) ?? total - 1, total - 1)
        guard first <= last else {
            self = .error(416, "RANGE_INVALID")
            setHeader("Content-Range", "bytes */\(total)")
            return
        }
        status = 206
        body = Array(body[first...last])
        setHeader("Content-Range", "bytes \(first)-\(last)/\(total)")
    }
}
