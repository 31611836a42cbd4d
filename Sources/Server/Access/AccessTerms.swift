/// On which terms an answer may be given again, to whoever asks for the same.

/// Whoever asks has to be recognised anew, and to have their right at that moment.
struct AccessTerms: Sendable, Equatable {
    /// How long a passthrough upstream's verdict holds; nil at an open upstream.
    var verdictsHold: Duration?
    /// Whether the rules let some have it and not others.
    var askRules = false
}
