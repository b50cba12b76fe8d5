import AgentCommandLine
import AgentCore
import ArgumentParser

/// The server: `agentd [--config FILE] [--stdio | --http] [options]`.
@main
struct Agentd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agentd",
        abstract: "Serves PostgreSQL databases to language models over MCP.",
        usage: "agentd [--config FILE] [--stdio | --http] [options]",
        discussion: """
            Options win over environment variables (AGENTD_HTTP_LISTEN for http.listen), these over the file, the file over \
            defaults. PGHOST and its family, ~/.pgpass and the connection service file fill in what a database's entry \
            leaves out. Without --config and AGENTD_CONFIG the file is the first that exists of ./agentd.yaml, \
            $XDG_CONFIG_HOME/postgres-agent/agentd.yaml (~/.config when that is not set) and /etc/postgres-agent/agentd.yaml.

            Everything is read-only unless a database's entry says allow_writes: true (dangerous); even then each write needs the
            approval of a person, whom the client asks.

            With --http a team is served: callers show a token, and TLS is needed everywhere but on this machine (--tls-cert, \
            --tls-key, or http.tls.terminated_by_proxy behind a proxy). SIGTERM finishes what is in flight, SIGHUP reads \
            certificates and accounts again.

            Exit codes: 0 ended, 1 failed, 2 wrong usage or configuration, 78 refused for security.
            """,
        version: "agentd \(AgentVersion.current)")

    @OptionGroup(title: "Configuration and database") var source: ConfigurationOptions
    @OptionGroup(title: "Serving") var serving: ServingOptions

    @Flag(help: "Check the configuration, and end.")
    var checkConfig = false

    @Flag(help: "Print the configuration, each value with where it came from, secrets hidden, and end.")
    var printConfig = false

    func run() async throws {
        let loaded = try source.load(serving.settings, requiresDatabase: !printConfig)
        if printConfig {
            print(loaded.printed(), terminator: "")
        } else if checkConfig {
            try Agent.check(loaded.configuration)
            if loaded.configuration.http.enabled {
                try Serve.checkHTTP(loaded)
                do {
                    try Agent.checkModel(loaded.configuration)
                } catch let error as ConfigurationError {
                    throw loaded.placing(error)
                }
            }
            for warning in loaded.warnings { print("warning: \(PlainText.escaped(warning))") }
            let count = loaded.configuration.databases.count
            let file = loaded.file.map { PlainText.escaped($0) } ?? "no file"
            print("\(file): the configuration is valid, \(count) database\(count == 1 ? "" : "s")")
        } else if loaded.configuration.http.enabled {
            try await Serve.http(loaded, load: source.loader(serving.settings))
        } else {
            try await Serve.stdio(loaded, load: source.loader(serving.settings))
        }
    }

    static func main() async {
        await CommandLineProgram.run(self, arguments: SingleDash.rewrite(Array(CommandLine.arguments.dropFirst())))
    }
}
