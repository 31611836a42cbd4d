/// The query of a request to `/stats`, read strictly: nothing unknown, nothing twice.

import CacheStore
import FoundationEssentials
import OCI

/// Why a request to `/stats` or `/admin/v1` is refused.
struct RequestProblem: Error, Sendable, Equatable {
    var status: Int
    var message: String
    /// The query parameter or body field at fault.
    var parameter: String?

    init(_ status: Int = 400, _ message: String, parameter: String? = nil) {
        self.status = status
        self.message = message
        self.parameter = parameter
    }
}

struct QueryParameters: Sendable {
    static let maximumLimit = 1000
    static let maximumOffset = 1_000_000

    private let values: [String: String]

    /// - Parameter known: the parameters that the path takes.
    init(_ query: String, known: Set<String>) throws(RequestProblem) {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0]),
                let value = parts.count == 2 ? PercentEncoding.decode(parts[1]) : ""
            else { throw RequestProblem(400, "\(pair.excerpt) is not percent-encoded UTF-8") }
            guard known.contains(name) else {
                let near = name.nearest(among: known).map { "; did you mean \($0)?" } ?? ""
                throw RequestProblem(
                    400, "there is no parameter \(name.excerpt) here\(near)", parameter: name)
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw RequestProblem(400, "\(name) is given twice", parameter: name)
            }
        }
        self.values = values
    }

    subscript(_ name: String) -> String? { values[name] }

    func page() throws(RequestProblem) -> PageRequest {
        PageRequest(
            limit: try number("limit", 1...Self.maximumLimit) ?? 100,
            offset: try number("offset", 0...Self.maximumOffset) ?? 0)
    }

    func number(_ name: String, _ range: ClosedRange<Int>) throws(RequestProblem) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw invalid(
                name, "a whole number from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return number
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default fallback: Choice
    ) throws(RequestProblem) -> Choice where Choice.RawValue == String {
        guard let text = values[name] else { return fallback }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw invalid(name, "one of \(names)", text)
        }
        return choice
    }

    /// RFC 3339, or Unix seconds.
    func time(_ name: String) throws(RequestProblem) -> Int64? {
        guard let text = values[name] else { return nil }
        // Beyond the year 9999 RFC 3339 has no way to write it.
        if let seconds = Int64(text), (0...253_402_300_799).contains(seconds) { return seconds }
        guard let time = Timestamp(rfc3339: text) else {
            throw invalid(name, "a time such as 2026-11-25T12:00:00Z, or Unix seconds", text)
        }
        return time.unixSeconds
    }

    func duration(_ name: String) throws(RequestProblem) -> Duration? {
        guard let text = values[name] else { return nil }
        do throws(InvalidValue) {
            return try Duration(parsing: text)
        } catch {
            throw RequestProblem(400, error.message, parameter: name)
        }
    }

    func repository(_ name: String) throws(RequestProblem) -> RepositoryName? {
        guard let text = values[name] else { return nil }
        do throws(RegistryError) {
            return try RepositoryName(text)
        } catch {
            throw RequestProblem(400, error.message, parameter: name)
        }
    }

    func pattern(
        _ name: String, _ addressing: Addressing
    ) throws(RequestProblem) -> ImagePattern? {
        guard let text = values[name] else { return nil }
        do throws(RegistryError) {
            return try ImagePattern(addressing.canonical(text))
        } catch {
            throw RequestProblem(400, error.message, parameter: name)
        }
    }

    private func invalid(_ name: String, _ expected: String, _ text: String) -> RequestProblem {
        RequestProblem(400, "\(name) must be \(expected), not \(text.excerpt)", parameter: name)
    }
}
