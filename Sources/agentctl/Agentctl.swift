import AgentCommandLine
import AgentCore
import ArgumentParser

/// The companion of `agentd`: one subcommand a file, one line here.
@main
struct Agentctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agentctl",
        abstract: "Asks and checks what agentd serves.",
        discussion: """
            With the configuration of agentd (--config, AGENTD_CONFIG, ./agentd.yaml):
              agentctl config init      write a configuration to begin with
              agentctl db test          see whether its databases answer
              agentctl chat             ask them in your own words, or in SQL
              agentctl query "SELECT 1" run SQL
              agentctl doctor           go through the security checklist

            Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 78 refused for security.
            """,
        version: "agentctl \(AgentVersion.current)",
        subcommands: [
            ClassifyCommand.self,
            QueryCommand.self,
            ChatCommand.self,
            DatabaseCommand.self,
            TokenCommand.self,
            UserCommand.self,
            SecretFileCommand.self,
            LockdownCommand.self,
            DoctorCommand.self,
            CertificateCommand.self,
            AuditCommand.self,
            ConfigCommand.self,
            CompletionsCommand.self,
        ])

    static func main() async {
        await CommandLineProgram.run(self, arguments: Array(CommandLine.arguments.dropFirst()))
    }
}
