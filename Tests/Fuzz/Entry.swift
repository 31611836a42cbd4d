// libFuzzer's program: tries one parser with texts that reach more and more of its code.
import Foundation

/// `Fuzz seeds DIRECTORY` writes what libFuzzer begins with, `Fuzz PARSER …` runs it with the
/// options and inputs that follow (llvm.org/docs/LibFuzzer.html). `scripts/fuzz.sh` does both.
@main
enum Fuzz {
    static let parser = ParserCheck.all.first { $0.name == CommandLine.arguments.dropFirst().first }

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 3, arguments[1] == "seeds" {
            try writeSeeds(below: URL(filePath: arguments[2], directoryHint: .isDirectory))
        } else if parser != nil {
            run([arguments[0]] + arguments.dropFirst(2))
        } else {
            let names = ParserCheck.all.map(\.name).joined(separator: ", ")
            FileHandle.standardError.write(Data("Fuzz seeds DIRECTORY, or one of \(names)\n".utf8))
            exit(64)
        }
    }

    /// Each parser's corpus as files of `NAME/`, its tokens as `NAME.dict`; prints the names.
    private static func writeSeeds(below directory: URL) throws {
        for parser in ParserCheck.all {
            let seeds = directory.appending(path: parser.name, directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: seeds, withIntermediateDirectories: true)
            for (index, text) in parser.corpus.enumerated() {
                try Data(text.utf8).write(to: seeds.appending(path: "\(index)"))
            }
            let words = parser.tokens.map { "\"\(escaped($0))\"\n" }.joined()
            try Data(words.utf8).write(to: directory.appending(path: "\(parser.name).dict"))
            print(parser.name)
        }
    }

    /// As libFuzzer's dictionaries have it: `\xAB` for whatever stands for something else.
    private static func escaped(_ token: String) -> String {
        token.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), ...0x1f, 0x7f...:
                "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            default: String(UnicodeScalar(byte))
            }
        }
        .joined()
    }

    private static func run(_ arguments: [String]) {
        // libFuzzer writes the input down on SIGABRT and SIGILL; where Swift traps with SIGTRAP,
        // as on arm64, it would be lost.
        signal(SIGTRAP) { _ in abort() }
        var count = CInt(arguments.count)
        var values = arguments.map { strdup($0) } + [nil]
        values.withUnsafeMutableBufferPointer { values in
            var first = values.baseAddress
            exit(LLVMFuzzerRunDriver(&count, &first, tryInput))
        }
    }
}

/// One input; libFuzzer's own main, which is linked but not run, refers to it by this name.
@_cdecl("LLVMFuzzerTestOneInput")
func tryInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try Fuzz.parser?.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        abort()
    }
    return 0
}

/// libFuzzer as a library; SwiftPM wants a main of ours.
@_extern(c)
func LLVMFuzzerRunDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ tryInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
