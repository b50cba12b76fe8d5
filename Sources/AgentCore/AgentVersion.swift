/// The version of the product, the same for the programs and for what MCP clients are told.
public enum AgentVersion {
    /// The version, as semantic versioning writes it.
    public static let current = "0.1.0"
}
