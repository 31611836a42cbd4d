/// What an answer of 400 and above says at `/stats` and `/admin/v1`.

struct ErrorDocument: Codable, Sendable, Equatable {
    struct Detail: Codable, Sendable, Equatable {
        var message: String
        /// The query parameter or body field at fault; left out where there is none.
        var parameter: String?
    }

    var error: Detail

    init(_ message: String, parameter: String? = nil) {
        error = Detail(message: message, parameter: parameter)
    }
}
