import AgentCore
import ArgumentParser
import AuthTokens

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `agentctl lockdown`.
struct LockdownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockdown", abstract: "In an incident: refuse every token, and end every session.",
        discussion: """
            A running agentd obeys within a second. --lift lets tokens and signing in hold again; sessions stay ended, and tokens \
            that leaked are still to be revoked. The switch is a file in state.directory, or beside the token file when there is \
            none; it needs no database, no network and no secret. Where the configuration cannot be read, name the files: \
            --token-file FILE --state-directory FOLDER.
            """)

    @OptionGroup var accounts: AccountOptions
    @Flag(help: "End the lockdown.") var lift = false

    func run() throws {
        try AccountReport.running {
            let files = try files()
            let lockdown = Lockdown(files: files)
            if lift {
                let wasOn = try lockdown.lift()
                StandardStreams.write(wasOn ? "lockdown lifted: tokens hold again\n" : "there was no lockdown\n")
                return
            }
            // A misspelt path would lock nothing, and look as if it had.
            let named = [accounts.tokenFile, accounts.userFile].compactMap(\.self)
            let candidates = named.isEmpty ? [files.tokens, files.users] : named
            guard candidates.contains(where: { access($0, F_OK) == 0 }) else {
                let missing = candidates.joined(separator: " and no ")
                throw CommandFailure(message: "nothing was locked: there is no \(missing)")
            }
            try lockdown.begin()
            // Ended by the switch already; this leaves nothing of them behind.
            if files.state != nil { try SessionStore(files: files).end { _ in true } }
            StandardStreams.write("lockdown: every token is refused, every session is over; --lift ends it\n")
        }
    }

    private func files() throws -> AccountFiles {
        do {
            return try accounts.resolved().files
        } catch let error as ConfigurationError {
            StandardStreams.writeError(
                "the configuration cannot be read; name the files: --token-file FILE --state-directory FOLDER")
            throw error
        }
    }
}
