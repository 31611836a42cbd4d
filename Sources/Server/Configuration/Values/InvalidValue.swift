/// Why a text is not a value of the kind that is wanted.

/// What was expected, ready to stand behind a key's name in an error message.
struct InvalidValue: Error, Equatable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
