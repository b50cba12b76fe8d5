/// What is different between two configurations.
enum ConfigurationChanges {
    /// The keys that a running agent takes over; everything outside of `databases` that is not named here needs a restart.
    static let live: Set<String> = ["tools.disabled", "telemetry.log_level"]

    /// The keys outside of `databases` that are different and need a restart, in the order of the reference.
    static func needingRestart(from old: AgentConfiguration, to new: AgentConfiguration) -> [String] {
        (AgentSchema.http + AgentSchema.others).flatMap(\.keys)
            .filter { !live.contains($0.description.path) && $0.get(old) != $0.get(new) }
            .map(\.description.path)
    }
}
