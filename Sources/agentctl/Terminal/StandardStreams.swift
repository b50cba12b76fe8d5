import AgentTerminal
import ArgumentParser
import AuthTokens

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Standard input, output and error as bytes, without buffers in between that a signal would lose.
enum StandardStreams {
    /// Reads standard input to its end.
    ///
    /// - Parameter limit: The most bytes.
    /// - Throws: A usage error for more than `limit` bytes and for what is not UTF-8.
    static func readInput(atMost limit: Int) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw ValidationError("standard input cannot be read: \(reason())") }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw ValidationError("standard input holds more than \(limit) bytes.") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError("standard input is not UTF-8.")
        }
        return text
    }

    /// Whether a person sees standard output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes to standard output. A reader that has gone ends the process by SIGPIPE, as it ends psql; a disk that is full ends it
    /// with the status 1, since what was asked for is not there.
    static func write(_ text: String) {
        guard !write(text, toDescriptor: STDOUT_FILENO) else { return }
        writeError("standard output cannot be written: \(reason())")
        exit(1)
    }

    /// Writes a line to standard error, with what a terminal would act on escaped.
    static func writeError(_ text: String) {
        let lines = TerminalText.lines(text).joined(separator: "\n")
        _ = write("agentctl: " + lines + "\n", toDescriptor: STDERR_FILENO)
    }

    /// Writes to standard error what the person at the terminal is to read, made safe by whoever calls.
    static func writePrompt(_ text: String) { _ = write(text, toDescriptor: STDERR_FILENO) }

    /// Writes a file, replacing what it held. Readable by its owner alone when it is new: rows are not for everyone.
    static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fileFailure(path) }
        guard write(text, toDescriptor: descriptor) else {
            let failure = fileFailure(path)
            close(descriptor)
            throw failure
        }
        // A full disk behind a network shows itself only here.
        guard close(descriptor) == 0 else { throw fileFailure(path) }
    }

    private static func fileFailure(_ path: String) -> ExitCode {
        writeError("\(path) cannot be written: \(reason())")
        return ExitCode(1)
    }

    /// Writes all of a text; false when that failed.
    static func write(_ text: String, toDescriptor descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let number = WholeWrite.write(UnsafeRawBufferPointer(bytes), to: descriptor)
            errno = number
            return number == 0
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
