/// `/metrics` read back as a scraper would.
import NIOHTTP1
import TestKit
import Testing

@testable import Server

/// Values by series, written as in the exposition: `name{label="value"}`.
struct Scrape {
    let text: String
    private let values: [String: Double]

    init(_ text: String) throws {
        self.text = text
        var values: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let end = try #require(line.lastIndex(of: " "))
            let series = String(line[..<end])
            #expect(values[series] == nil, "\(series) twice")
            let value = try #require(Double(line[end...].dropFirst()))
            values[series] = value
        }
        self.values = values
    }

    subscript(_ series: String) -> Double? { values[series] }

    /// The series of a metric, those of its buckets left out.
    func series(of name: String) -> [String: Double] {
        values.filter { $0.key == name || $0.key.hasPrefix(name + "{") }
    }
}

extension TestLarder {
    func scrape() async throws -> Scrape {
        let response = try await request(.GET, "/metrics")
        #expect(response.status == 200)
        return try Scrape(String(decoding: response.body, as: UTF8.self))
    }

    /// Scrapes until a series has a value: a client may have its last byte before it is counted.
    func scrape(until series: String, is value: Double) async throws -> Scrape {
        while true {
            let scrape = try await scrape()
            if scrape[series] == value { return scrape }
            await shortPause()
        }
    }
}
