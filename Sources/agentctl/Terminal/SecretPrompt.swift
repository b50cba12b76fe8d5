import ArgumentParser
import AuthTokens

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a secret comes from: a file, standard input, or a person at the terminal, never an argument, which every user of the
/// machine can see.
enum SecretPrompt {
    /// The longest secret, in bytes.
    static let maximumBytes = 65_536

    /// A secret.
    ///
    /// - Parameters:
    ///   - prompt: What to ask a person, without the colon.
    ///   - file: A file that others may not read, `-` for standard input, nil to ask at the terminal.
    ///   - option: The option that names the file, for a hint.
    ///   - confirms: Whether a person types it twice.
    static func secret(_ prompt: String, file: String?, option: String, confirms: Bool = false) throws -> String {
        if let file {
            if file == "-" { return try withoutLineEnd(StandardStreams.readInput(atMost: maximumBytes)) }
            return try read(file)
        }
        guard let first = try ask(prompt + ": ") else {
            throw ValidationError("there is no terminal to ask at; give \(option) FILE, or - for standard input.")
        }
        if confirms, try ask("Once more: ") != first { throw ValidationError("the two are not the same.") }
        guard !first.isEmpty else { throw ValidationError("nothing was typed.") }
        return first
    }

    /// A secret from standard input when something is piped into it, else from a person.
    ///
    /// - Parameters:
    ///   - prompt: What to ask a person, without the colon.
    ///   - confirms: Whether a person types it twice.
    static func pipedOrAsked(_ prompt: String, confirms: Bool = false) throws -> String {
        try secret(
            prompt, file: isatty(STDIN_FILENO) == 0 ? "-" : nil, option: "standard input instead of",
            confirms: confirms)
    }

    private static func read(_ path: String) throws -> String {
        let file: BoundedFile
        do {
            file = try BoundedFile.read(path, maximumBytes: maximumBytes)
        } catch {
            throw ValidationError(error.description)
        }
        if file.permissions.isRegularFile, file.permissions.isExposed {
            StandardStreams.writeError("\(path): others may read it (mode \(file.permissions.octal)); chmod 600 it")
            throw ExitCode(78)
        }
        guard let text = String(validating: file.contents, as: UTF8.self) else {
            throw ValidationError("\(path) is not UTF-8.")
        }
        return try withoutLineEnd(text)
    }

    private static func withoutLineEnd(_ text: String) throws -> String {
        var scalars = text.unicodeScalars
        if scalars.last == "\n" { scalars.removeLast() }
        if scalars.last == "\r" { scalars.removeLast() }
        guard !scalars.isEmpty else { throw ValidationError("the secret is empty.") }
        return String(scalars)
    }

    /// Asks at the terminal without showing what is typed.
    ///
    /// - Parameter prompt: What to show before.
    /// - Returns: What was typed, perhaps nothing; nil when there is no terminal.
    static func ask(_ prompt: String) throws -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else { return nil }
        var raw = before
        // Also without signals by key, so that Ctrl-C cannot leave a terminal behind that shows nothing.
        cfmakeraw(&raw)
        guard tcsetattr(terminal, TCSAFLUSH, &raw) == 0 else { return nil }
        defer {
            _ = tcsetattr(terminal, TCSAFLUSH, &before)
            _ = StandardStreams.write("\n", toDescriptor: terminal)
        }
        _ = StandardStreams.write(prompt, toDescriptor: terminal)
        var typed: [UInt8] = []
        while typed.count < 4096 {
            var byte: UInt8 = 0
            let count = Self.read(terminal, &byte)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { break }
            switch byte {
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): return String(validating: typed, as: UTF8.self)
            case 3: throw ExitCode(130)
            case 4 where typed.isEmpty: throw ExitCode(1)
            case 8, 127:
                while let last = typed.popLast(), last & 0xC0 == 0x80 {}
            case 21: typed = []
            case 0..<32: break
            default: typed.append(byte)
            }
        }
        return String(validating: typed, as: UTF8.self)
    }

    private static func read(_ descriptor: Int32, _ byte: inout UInt8) -> Int {
        withUnsafeMutableBytes(of: &byte) { bytes in
            #if canImport(Darwin)
            Darwin.read(descriptor, bytes.baseAddress, 1)
            #elseif canImport(Musl)
            Musl.read(descriptor, bytes.baseAddress, 1)
            #else
            Glibc.read(descriptor, bytes.baseAddress, 1)
            #endif
        }
    }
}
