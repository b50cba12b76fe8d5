import AgentCommandLine
import AgentCore
import ArgumentParser
import AuthTokens
import Foundation

/// `agentctl config`: the configuration of `agentd`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Write, check or show the configuration.",
        subcommands: [Init.self, Check.self, Show.self])

    /// `agentctl config init`.
    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Write a configuration file with every key explained.",
            discussion: "The file is readable by its owner alone. One that exists is kept unless --force is given.")

        @Argument(help: "The file to write; - for standard output.", completion: .file())
        var path = "agentd.yaml"

        @Flag(help: "Replace a file that exists.")
        var force = false

        func run() throws {
            if path == "-" {
                StandardStreams.write(ConfigurationTemplate.text)
                return
            }
            do {
                try AtomicFile.replace(
                    path, contents: Array(ConfigurationTemplate.text.utf8), mode: 0o600, overwriting: force)
            } catch {
                let hint = error.isAlreadyThere ? " (--force replaces it)" : ""
                throw CommandFailure(message: error.description + hint)
            }
            print("\(PlainText.escaped(path)): written; edit it, then run agentctl config check")
        }
    }

    /// `agentctl config check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check the configuration as agentd would, without connecting.",
            discussion: """
                Every mistake is named with its place. Where http.enabled is true, what agentd --http would refuse is found too; the \
                language model's part is checked in any case. Exit code 2 for mistakes, 78 for what would be unsafe.
                """)

        @OptionGroup var source: ConfigurationOptions

        @Argument(help: "The file; by default the one that agentd would find.", completion: .file())
        var file: String?

        func validate() throws {
            if file != nil, source.config != nil { throw ValidationError("FILE and --config exclude each other.") }
        }

        func run() throws {
            var source = source
            source.config = file ?? source.config
            let loaded = try source.load()
            try Agent.check(loaded.configuration)
            do {
                if loaded.configuration.http.enabled { try Agent.checkHTTP(loaded.configuration) }
                try Agent.checkModel(loaded.configuration)
            } catch let error as ConfigurationError {
                throw loaded.placing(error)
            }
            for warning in loaded.warnings { print("warning: \(PlainText.escaped(warning))") }
            let count = loaded.configuration.databases.count
            let name = loaded.file.map { PlainText.escaped($0) } ?? "no file"
            print("\(name): the configuration is valid, \(count) database\(count == 1 ? "" : "s")")
        }
    }

    /// `agentctl config show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show every value and where it came from, secrets hidden.")

        @OptionGroup var source: ConfigurationOptions

        @Flag(help: "Print a JSON array of {key, value, origin}; the value is YAML on one line.")
        var json = false

        private struct Entry: Encodable {
            let key: String
            let value: String
            let origin: String
        }

        func run() throws {
            let loaded = try source.load(requiresDatabase: false)
            guard json else {
                StandardStreams.write(loaded.printed())
                return
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let entries = loaded.entries.map { Entry(key: $0.key, value: $0.value, origin: $0.origin) }
            StandardStreams.write(String(decoding: try encoder.encode(entries), as: UTF8.self) + "\n")
        }
    }
}

/// A command failed while it ran; the message is for people.
struct CommandFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
