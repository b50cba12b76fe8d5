internal import AgentCore
public import ArgumentParser
internal import MCPProtocol

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Runs a program: parses its arguments, runs it, and ends with the exit codes of this project.
///
/// 0: done. 1: it failed while running. 2: wrong usage or configuration. 78 (`EX_CONFIG`): refused for security.
public enum CommandLineProgram {
    /// Parses the arguments and runs the command that they name. Never returns.
    ///
    /// - Parameters:
    ///   - program: The root command.
    ///   - arguments: The arguments, without the name of the program.
    public static func run<Program: AsyncParsableCommand>(
        _ program: Program.Type, arguments: [String]
    ) async -> Never {
        var running: (any ParsableCommand.Type)?
        do {
            let command = try await program.asyncParseAsRoot(arguments)
            running = type(of: command)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                var synchronous = command
                try synchronous.run()
            }
            exit(0)
        } catch {
            if let running, let error = error as? ValidationError {
                // Of an error while a command runs the library does not know the command, and shows the program's usage.
                write("Error: \(error.message)\nUsage: \(program.usageString(for: running))")
                exit(2)
            }
            end(program, error, arguments)
        }
    }

    private static func end<Program: AsyncParsableCommand>(
        _ program: Program.Type, _ error: any Error, _ arguments: [String]
    ) -> Never {
        if let configuration = error as? ConfigurationError {
            // As compilers do: the place comes first, so that editors can jump to it.
            write(configuration.description)
            exit(configuration.exitCode)
        }
        let code = program.exitCode(for: error)
        if code == .validationFailure, let (option, command) = secretOption(of: program, arguments) {
            // Whatever else is said of these arguments could repeat the secret.
            write(
                """
                Error: Unknown option '\(option)'. A secret is not taken from the command line, where others on this machine can \
                read it: \(option)-file FILE names a file that holds it.
                Usage: \(program.usageString(for: command))
                """)
            exit(2)
        }
        let message = program.fullMessage(for: error)
        if code == .success {
            print(message)
            exit(0)
        }
        if !message.isEmpty { write(message + suggestion(for: error, program, arguments)) }
        // The library's own code for wrong usage is 64; PostgreSQL's programs and this project's have 2.
        exit(code == .validationFailure ? 2 : code.rawValue)
    }

    /// An option that would hold a secret, where the command takes a file with it: `--db-password` for `--db-password-file`.
    private static func secretOption<Program: AsyncParsableCommand>(
        of program: Program.Type, _ arguments: [String]
    ) -> (option: String, command: any ParsableCommand.Type)? {
        var command: any ParsableCommand.Type = program
        for argument in arguments.prefix(while: { $0 != "--" }) {
            guard argument.hasPrefix("--") else {
                command = command.configuration.subcommands.first { $0._commandName == argument } ?? command
                continue
            }
            let option = String(argument.prefix { $0 != "=" })
            guard ["password", "token", "secret", "key"].contains(where: option.contains) else { continue }
            let known = program.helpMessage(for: command, columns: 1000).split { !$0.isLetter && $0 != "-" }
            if known.contains(Substring(option + "-file")), !known.contains(Substring(option)) {
                return (option, command)
            }
        }
        return nil
    }

    /// What was probably meant by an unknown subcommand; for unknown options the library says it.
    private static func suggestion<Program: AsyncParsableCommand>(
        for error: any Error, _ program: Program.Type, _ arguments: [String]
    ) -> String {
        guard program.exitCode(for: error) == .validationFailure else { return "" }
        var command: any ParsableCommand.Type = program
        for argument in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, argument.first != "-" else { return "" }
            if let next = subcommands.first(where: { $0._commandName == argument }) {
                command = next
            } else {
                let near = NearestSpelling.of(argument, among: subcommands.map { $0._commandName })
                return near.map { "\n  Did you mean '\($0)'?" } ?? ""
            }
        }
        return ""
    }

    /// Writes lines on standard error; what came from outside cannot steer the terminal.
    private static func write(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { PlainText.escaped(String($0)) }
        var rest = Array((lines.joined(separator: "\n") + "\n").utf8)[...]
        while !rest.isEmpty {
            #if canImport(Glibc)
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            #elseif canImport(Musl)
            let count = rest.withUnsafeBytes { Musl.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            #else
            let count = rest.withUnsafeBytes { Darwin.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            #endif
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
