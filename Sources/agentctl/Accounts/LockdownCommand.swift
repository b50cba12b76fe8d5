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
            none; it needs no database and no network.
            """)

    @OptionGroup var accounts: AccountOptions
    @Flag(help: "End the lockdown.") var lift = false

    func run() throws {
        try AccountReport.running {
            let files = try accounts.resolved().files
            let lockdown = Lockdown(files: files)
            if lift {
                let wasOn = try lockdown.lift()
                StandardStreams.write(wasOn ? "lockdown lifted: tokens hold again\n" : "there was no lockdown\n")
                return
            }
            // A misspelt path would lock nothing, and look as if it had.
            guard access(files.tokens, F_OK) == 0 || access(files.users, F_OK) == 0 else {
                throw CommandFailure(
                    message: "nothing was locked: there is neither a token file \(files.tokens) "
                        + "nor a user file \(files.users)")
            }
            try lockdown.begin()
            // Ended by the switch already; this leaves nothing of them behind.
            if files.state != nil { try SessionStore(files: files).end { _ in true } }
            StandardStreams.write("lockdown: every token is refused, every session is over; --lift ends it\n")
        }
    }
}
