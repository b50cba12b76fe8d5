/// What the revisions differ in, beyond the handshake. What a revision does not know is left out for it.
extension ProtocolVersion {
    /// Batches of messages: only this revision had them (item 1).
    package var hasBatches: Bool { self == .march2025 }
    /// Annotations of tools, sound, the message of a progress notification, the capability `completions`.
    var hasToolAnnotations: Bool { self >= .march2025 }
    /// Titles, structured results, links to resources, elicitation, `_meta` on the elements of lists.
    var hasStructuredContent: Bool { self >= .june2025 }
    /// Icons, descriptions of implementations, elicitation by URL, choices of several values.
    var hasIcons: Bool { self >= .november2025 }
    /// `structuredContent` and `outputSchema` of any type, not only objects (item 24).
    var hasAnyStructuredContent: Bool { self >= .july2026 }
    /// `resultType`, `ttlMs`, `cacheScope` and the server's name in `_meta` of each result (items 3, 23, 35).
    var hasResultTypes: Bool { era == .stateless }
}

extension JSONObject {
    /// Sets a member when there is a value and the revision knows the member.
    mutating func set(_ key: String, _ value: JSONValue?, if known: Bool = true) {
        if known, let value { self[key] = value }
    }

    /// Sets a member when there is a text and the revision knows the member.
    mutating func set(_ key: String, _ text: String?, if known: Bool = true) {
        if known, let text { self[key] = .string(text) }
    }

    /// Sets an array when it is not empty and the revision knows the member.
    mutating func set(_ key: String, icons: [Icon], for version: ProtocolVersion) {
        if version.hasIcons, !icons.isEmpty { self[key] = .array(icons.map { .object($0.json) }) }
    }
}
