import AgentCore
import AgentTerminal
import ArgumentParser
import AuthTokens
import MCPProtocol

/// `agentctl secret`: the file whose keys seal stored secrets, approvals, sessions and the audit log.
struct SecretFileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Make, rotate, back up and use the secret file.",
        discussion: """
            Exit status: 0 done, 1 failed, 2 wrong usage or a file that is not as it must be, 78 a file that others may read.
            """,
        subcommands: [
            SecretInitCommand.self, SecretRotateCommand.self, SecretSealCommand.self, SecretBackupCommand.self,
            SecretRestoreCommand.self, SecretVerifyCommand.self,
        ])
}

/// Which secret file.
struct SecretFileOptions: ParsableArguments {
    @OptionGroup var source: ConfigurationFileOption

    @Option(
        name: .long, help: ArgumentHelp("The secret file (default: secret_file).", valueName: "file"),
        completion: .file())
    var secretFile: String?

    func path() throws -> String {
        if let secretFile { return secretFile }
        let places = try source.places()
        guard let path = places.configuration.secretFile else {
            throw ValidationError(
                "no secret file is configured: set secret_file in \(PlainText.escaped(places.file ?? "the configuration")), "
                    + "or give --secret-file.")
        }
        return path
    }
}

/// The passphrase of a backup.
struct PassphraseOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("Read the passphrase from this file, mode 0600; - for standard input.", valueName: "file"),
        completion: .file())
    var passphraseFile: String?

    func passphrase(confirms: Bool) throws -> String {
        try SecretPrompt.secret(
            "Passphrase of the backup", file: passphraseFile, option: "--passphrase-file", confirms: confirms)
    }
}

/// `agentctl secret init`.
struct SecretInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make the secret file, when there is none, at mode 0600.",
        discussion: """
            The file is the one that the key secret_file of the configuration names, or --secret-file; agentd uses it only when \
            the configuration names it.
            """)

    @OptionGroup var options: SecretFileOptions

    func run() throws {
        try AccountReport.running {
            let path = try options.path()
            _ = try SecretFile.create(path: path)
            StandardStreams.write(
                "\(TerminalText.line(path)): made; keep a copy elsewhere with agentctl secret backup\n")
            // Made, and of no use yet.
            if options.secretFile != nil, let places = try? options.source.places(),
                places.configuration.secretFile == nil
            {
                StandardStreams.writeError("the configuration names no secret_file yet: agentd does not know this one")
            }
        }
    }
}

/// `agentctl secret rotate`.
struct SecretRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Add a new key, which seals from now on.",
        discussion: """
            The keys of before stay, to open what they sealed. Seal stored secrets again to move them to the new key. A running \
            agentd takes the new key when it starts again.
            """)

    @OptionGroup var options: SecretFileOptions

    func run() throws {
        try AccountReport.running {
            let path = try options.path()
            let keys = try SecretFile.rotate(path: path)
            StandardStreams.write(
                "\(TerminalText.line(path)): key \(keys.keyIDs.last ?? "") seals now, \(keys.keyIDs.count) keys open; "
                    + "make a new backup\n")
        }
    }
}

/// `agentctl secret seal`.
struct SecretSealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal a secret for the configuration: prints enc:… for a password or an API key.",
        discussion: "The secret is read from standard input, or asked for twice at the terminal.")

    @OptionGroup var options: SecretFileOptions

    func run() throws {
        try AccountReport.running {
            let keys = try SecretFile.load(path: options.path())
            let secret = try SecretPrompt.pipedOrAsked("Secret", confirms: true)
            do throws(SealError) {
                StandardStreams.write(try Secret.seal(secret, with: keys) + "\n")
            } catch {
                throw ValidationError(error.description)
            }
        }
    }
}

/// `agentctl secret backup`.
struct SecretBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write a copy of the secret file under a passphrase.",
        discussion: "The passphrase has at least 12 characters; without it the backup opens for nobody.")

    @OptionGroup var options: SecretFileOptions
    @OptionGroup var passphrase: PassphraseOptions
    @Argument(help: "The file to write, which must not exist; - for standard output.", completion: .file())
    var file: String

    func run() throws {
        try AccountReport.running {
            let keys = try SecretFile.load(path: options.path())
            let text = try SecretBackup.seal(keys, passphrase: passphrase.passphrase(confirms: true))
            if file == "-" { return StandardStreams.write(text) }
            do throws(FileFailure) {
                try AtomicFile.replace(file, contents: Array(text.utf8), mode: 0o600, overwriting: false)
            } catch {
                StandardStreams.writeError(error.description)
                throw ExitCode(1)
            }
            StandardStreams.write("\(TerminalText.line(file)): written\n")
        }
    }
}

/// `agentctl secret restore`.
struct SecretRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put the keys of a backup in the secret file.",
        discussion: """
            The backup is opened and checked before anything is replaced. A secret file with keys that the backup lacks is kept, \
            unless --force is given.
            """)

    @OptionGroup var options: SecretFileOptions
    @OptionGroup var passphrase: PassphraseOptions
    @Flag(help: "Replace a secret file that holds other keys.") var force = false
    @Argument(help: "The backup.", completion: .file()) var file: String

    func run() throws {
        try AccountReport.running {
            let path = try options.path()
            let text = try BackupText.read(file)
            let keys = try SecretBackup.restore(
                text, passphrase: passphrase.passphrase(confirms: false), to: path, overwriting: force)
            StandardStreams.write("\(TerminalText.line(path)): \(keys) restored\n")
        }
    }
}

/// `agentctl secret verify`.
struct SecretVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the secret file, or that a backup opens and holds the same keys.")

    @OptionGroup var options: SecretFileOptions
    @OptionGroup var passphrase: PassphraseOptions
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "A backup (default: the secret file alone is checked).", completion: .file()) var file: String?

    func run() throws {
        try AccountReport.running {
            let path = try options.path()
            let keys = try SecretFile.load(path: path)
            var missing: [String] = []
            if let file {
                let backup = try SecretBackup.open(
                    BackupText.read(file), passphrase: passphrase.passphrase(confirms: false))
                missing = keys.keyIDs.filter { !backup.keyIDs.contains($0) }
            }
            if json {
                AccountReport.write([
                    "keys": .array(
                        zip(keys.keyIDs, keys.keyDates).map { ["id": .string($0), "created": .string($1)] }),
                    "missingInBackup": file == nil ? .null : .array(missing.map { .string($0) }),
                ])
            } else {
                for (id, date) in zip(keys.keyIDs, keys.keyDates) {
                    StandardStreams.write("key \(id) of \(TerminalText.line(date))\n")
                }
                if file != nil, missing.isEmpty { StandardStreams.write("the backup opens and holds every key\n") }
            }
            guard missing.isEmpty else {
                StandardStreams.writeError("the backup lacks \(missing.joined(separator: ", ")): make a new one")
                throw ExitCode(1)
            }
        }
    }
}

private enum BackupText {
    static func read(_ path: String) throws -> String {
        do throws(FileFailure) {
            let bytes = try BoundedFile.read(path, maximumBytes: 1 << 20).contents
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
