// Listings of tags and referrers, whole or in pages.
import OCI

/// How a registry cuts its listings up.
struct Paging {
    var size: Int
    var cursor: String?

    /// A cursor that has to be encoded on its way back.
    static func mark(_ position: Int) -> String { "a+b/\(position)=" }

    static func position(_ mark: String) -> Int? {
        mark.hasPrefix("a+b/") ? Int(mark.dropFirst(4).dropLast()) : nil
    }
}

extension ScriptedRegistry {
    static func tags(
        _ content: RepositoryContent, _ repository: String, _ request: RecordedRequest,
        _ paging: Paging?
    ) -> ScriptedResponse {
        let all = content.tags.keys.sorted()
        if let paging, let cursor = paging.cursor {
            let (page, mark) = cut(all, paging.size, request.queries(cursor).first)
            return tags(page, of: repository, next: mark.map { "\(cursor)=\($0)" })
        }
        let last = request.query("last")
        let rest = all.filter { tag in last.map { $0 < tag } ?? true }
        let size = [request.query("n").flatMap { Int($0) }, paging?.size].compactMap { $0 }.min()
        let page = Array(rest.prefix(size ?? rest.count))
        let next = page.count < rest.count ? page.last.map { "last=\($0)&n=\(page.count)" } : nil
        return tags(page, of: repository, next: next)
    }

    private static func tags(
        _ tags: [String], of repository: String, next: String?
    ) -> ScriptedResponse {
        let names = tags.map { "\"\($0)\"" }.joined(separator: ",")
        var response = ScriptedResponse.json(200, #"{"name":"\#(repository)","tags":[\#(names)]}"#)
        if let next {
            response.setHeader("Link", "</v2/\(repository)/tags/list?\(next)>; rel=\"next\"")
        }
        return response
    }

    static func referrers(
        _ content: RepositoryContent, _ reference: String, _ request: RecordedRequest,
        _ paging: Paging?
    ) -> ScriptedResponse {
        guard let digest = try? Digest(reference) else { return .error(400, "DIGEST_INVALID") }
        let artifactType = request.queries("artifactType").first
        let all = (content.referrers[digest] ?? []).filter { entry in
            artifactType.map { $0 == entry.artifactType } ?? true
        }
        let cursor = paging?.cursor ?? "next"
        let (page, mark) = cut(all, paging?.size ?? all.count, request.queries(cursor).first)
        let list = page.map(\.json).joined(separator: ",")
        let type = MediaType.ociIndex.rawValue
        var response = ScriptedResponse.json(
            200, #"{"schemaVersion":2,"mediaType":"\#(type)","manifests":[\#(list)]}"#)
        response.setHeader("Content-Type", type)
        if artifactType != nil { response.setHeader("OCI-Filters-Applied", "artifactType") }
        if let mark {
            let filter = artifactType.map { "artifactType=\(PercentEncoding.encode($0))&" } ?? ""
            response.setHeader("Link", "<?\(filter)\(cursor)=\(mark)>; rel=\"next\"")
        }
        return response
    }

    /// A page of `all`, and the encoded mark of the next one.
    private static func cut<Entry>(
        _ all: [Entry], _ size: Int, _ mark: String?
    ) -> (page: [Entry], next: String?) {
        let start = mark.flatMap(Paging.position) ?? 0
        let end = min(all.count, start + size)
        let next = end < all.count ? PercentEncoding.encode(Paging.mark(end)) : nil
        return (Array(all[min(start, end)..<end]), next)
    }
}
