/// Where a command's output goes, and how wide that is.

import Glibc

struct Terminal: Sendable {
    /// Writes text as it is to standard output.
    let output: @Sendable (String) -> Void
    /// Writes text as it is to standard error.
    let diagnostics: @Sendable (String) -> Void
    /// Columns of standard output; nil where it is no terminal.
    let width: Int?
    /// Columns of standard error; nil where it is no terminal.
    let diagnosticsWidth: Int?

    static var standard: Terminal {
        let (output, diagnostics) = (LineOutput.standard, LineOutput.diagnostics)
        return Terminal(
            output: { output.write(bytes: Array($0.utf8)) },
            diagnostics: { diagnostics.write(bytes: Array($0.utf8)) },
            width: columns(STDOUT_FILENO), diagnosticsWidth: columns(STDERR_FILENO))
    }

    func print(_ line: String) { output(line + "\n") }

    func note(_ line: String) { diagnostics(line + "\n") }

    /// Nil for a file or pipe.
    private static func columns(_ descriptor: CInt) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else {
            return nil
        }
        return size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
