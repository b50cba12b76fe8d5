/// One thing that is wrong with the configuration.
public struct ConfigurationIssue: Sendable, Hashable, CustomStringConvertible {
    /// How grave it is.
    public enum Kind: Sendable, Hashable {
        /// It is spelled wrong, of the wrong type, out of range or not supported: exit code 2.
        case invalid
        /// It would be dangerous: exit code 78.
        case insecure
    }

    /// How grave it is.
    public var kind: Kind
    /// The file, the environment variable or the option where it stands; `nil` when it stands nowhere.
    public var source: String?
    /// The line in the file, from 1.
    public var line: Int?
    /// The column in the file, from 1, in Unicode scalars.
    public var column: Int?
    /// The key, for example `databases[0].host`.
    public var key: String?
    /// What is wrong, as a sentence without its key and place.
    public var message: String
    /// What was probably meant, or how to mend it.
    public var suggestion: String?

    /// Describes what is wrong.
    ///
    /// - Parameters:
    ///   - kind: How grave it is.
    ///   - source: The file, variable or option.
    ///   - line: The line in the file, from 1.
    ///   - column: The column in the file, from 1.
    ///   - key: The key.
    ///   - message: What is wrong.
    ///   - suggestion: What was probably meant.
    public init(
        kind: Kind = .invalid, source: String? = nil, line: Int? = nil, column: Int? = nil, key: String? = nil,
        message: String, suggestion: String? = nil
    ) {
        self.kind = kind
        self.source = source
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.suggestion = suggestion
    }

    /// For example `agentd.yaml:3:5: http.lsten: unknown key; did you mean "listen"?`
    public var description: String {
        var place = source ?? ""
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        var text = place.isEmpty ? "" : place + ": "
        if let key, key != source { text += key + ": " }
        text += message
        if let suggestion { text += "; " + suggestion }
        return text
    }
}

/// The configuration cannot be used; every reason at once.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong; never empty.
    public let issues: [ConfigurationIssue]

    /// Makes an error of its reasons.
    ///
    /// - Parameter issues: What is wrong.
    public init(issues: [ConfigurationIssue]) {
        self.issues = issues
    }

    /// What the process ends with: 78 when only security stands in the way, else 2.
    public var exitCode: Int32 {
        issues.contains { $0.kind == .invalid } ? 2 : 78
    }

    /// One line an issue.
    public var description: String {
        issues.map(\.description).joined(separator: "\n")
    }
}
