// Waiting for what tells of itself only when it is asked.

/// Lets a moment pass, in which others can use the processor: the body of loops that poll.
package func shortPause() async {
    try? await Task.sleep(for: .milliseconds(2))
}
