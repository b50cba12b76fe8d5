import ArgumentParser
import MCPProtocol
import SQLClassifier

/// `agentctl classify`: SQL in, verdicts out. Connects to nothing.
struct ClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Tell what SQL would do, and whether it is a read, without running it.",
        discussion: """
            Reads SQL from FILE, or from standard input, and says what each statement is, whether the whole is one \
            statement that only reads, and if not, why and where. Functions that a statement calls are listed, not judged.

            With --jsonl every line of input is an object {"sql": "…"}, and every line of output is the verdict on it, in \
            the same order: {"readOnly":…,"effect":…,"statements":…,"reason":…,"functions":[…],"relations":[…]}. A line \
            that is no such object gives a line with "error"; an empty line gives none.
            """)

    @Flag(help: "Print the verdict as JSON.")
    var json = false

    @Flag(help: "Read and print one JSON object a line.")
    var jsonl = false

    @Argument(help: "The file to read; standard input when it is - or left out.", completion: .file())
    var file = "-"

    func validate() throws {
        if json, jsonl { throw ValidationError("--json and --jsonl exclude each other.") }
    }

    func run() throws {
        guard let input = ByteInput(path: file) else {
            throw ValidationError("cannot open \(file): \(ByteInput.lastError())")
        }
        if jsonl { return try classifyLines(input) }
        let text = try input.readAll()
        let report = ClassifyReport(text: text)
        try ByteOutput.write(json ? report.json() : Array(report.prose().utf8))
    }

    /// Answers line by line, and writes whenever no further whole line has arrived, so that a program can hold a
    /// conversation with this command.
    private func classifyLines(_ input: ByteInput) throws {
        var lines = LineBuffer()
        var output: [UInt8] = []
        while let chunk = try input.read() {
            lines.append(chunk)
            while let line = lines.next() {
                ClassifyReport.answer(line, into: &output)
                if output.count > 1 << 16 { try flush(&output) }
            }
            try flush(&output)
        }
        if let rest = lines.rest() { ClassifyReport.answer(rest, into: &output) }
        try flush(&output)
    }

    private func flush(_ output: inout [UInt8]) throws {
        if !output.isEmpty { try ByteOutput.write(output) }
        output.removeAll(keepingCapacity: true)
    }
}

/// A failure of reading or writing, worded for the terminal.
struct ClassifyFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
