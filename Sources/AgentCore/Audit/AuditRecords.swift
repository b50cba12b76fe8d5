public import MCPProtocol

/// A line of an audit log, read without verifying it.
public struct AuditRecord: Sendable {
    /// The line as it stands in the file.
    public let text: String
    /// The line as JSON; nil when it is none.
    public let object: JSONObject?

    init(_ bytes: ArraySlice<UInt8>) {
        text = String(decoding: bytes, as: UTF8.self)
        if case .object(let object)? = try? JSONValue.parse(bytes) { self.object = object } else { object = nil }
    }

    /// A member that is a text.
    ///
    /// - Parameter key: The name of the member.
    public func string(_ key: String) -> String? {
        if case .string(let text)? = object?[key] { text } else { nil }
    }

    /// A member that is a whole number.
    ///
    /// - Parameter key: The name of the member.
    public func integer(_ key: String) -> Int? {
        if case .integer(let number)? = object?[key] { Int(number) } else { nil }
    }
}

/// Conditions that a line of an audit log has to meet, all of them.
public struct AuditFilter: Sendable {
    private let members: [(keys: [String], value: String)]
    private let since: UTCTime?
    private let until: UTCTime?
    private let text: String?

    /// Makes a filter; what is nil is no condition.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - principal: The principal's id or name.
    ///   - verdict: The verdict.
    ///   - outcome: The outcome.
    ///   - since: The earliest time.
    ///   - until: The time before which it is.
    ///   - text: A text that stands in one of the line's texts, in any case.
    public init(
        database: String? = nil, principal: String? = nil, verdict: String? = nil, outcome: String? = nil,
        since: UTCTime? = nil, until: UTCTime? = nil, text: String? = nil
    ) {
        let all: [(keys: [String], value: String?)] = [
            (["database"], database), (["principal", "principalName"], principal), (["verdict"], verdict),
            (["outcome"], outcome),
        ]
        members = all.compactMap { condition in condition.value.map { (condition.keys, $0) } }
        self.since = since
        self.until = until
        self.text = text.map { $0.lowercased() }
    }

    /// Whether a line meets the conditions.
    public func matches(_ record: AuditRecord) -> Bool {
        for (keys, value) in members where !keys.contains(where: { record.string($0) == value }) { return false }
        if since != nil || until != nil {
            guard let time = record.string("time").flatMap({ UTCTime($0) }) else { return false }
            if let since, time < since { return false }
            if let until, time >= until { return false }
        }
        guard let text else { return true }
        guard let object = record.object else { return record.text.lowercased().contains(text) }
        return object.contains { member in
            if case .string(let value) = member.value { value.lowercased().contains(text) } else { false }
        }
    }
}

/// Reads audit logs, without verifying them.
public enum AuditRecords {
    /// The files of a log, oldest first.
    ///
    /// - Parameter log: The current file, an absolute path.
    public static func files(of log: String) -> [String] { AuditFiles.list(log).map(\.path) }

    /// The file of the head of a log.
    ///
    /// - Parameters:
    ///   - log: The current file, an absolute path.
    ///   - configuration: Says which folder keeps it.
    public static func head(ofLog log: String, in configuration: AgentConfiguration) -> String {
        AuditHead.path(ofLog: log, in: configuration.state.directory)
    }

    /// A place in a file.
    public struct Position: Sendable, Hashable {
        /// The file.
        public var file: String
        /// Tells the file from another of the same name.
        public var identity: String
        /// How many bytes of it were read.
        public var offset: Int

        /// The start of a file that is not known yet.
        ///
        /// - Parameter file: The file.
        public init(startOf file: String) { self.init(file: file, identity: "", offset: 0) }

        init(file: String, identity: String, offset: Int) {
            self.file = file
            self.identity = identity
            self.offset = offset
        }
    }

    /// What tells the file of a path from another that has the path later; nil when there is none.
    ///
    /// - Parameter path: The file.
    public static func identity(of path: String) -> String? {
        AuditDescriptor.identity(of: path).map { "\($0.device).\($0.inode)" }
    }

    /// Reads the whole lines of a file from an offset on.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - offset: Where to begin, in bytes.
    ///   - body: Is given each line.
    /// - Returns: Where the first line begins that is not whole yet; nil when the file cannot be read.
    public static func read(
        _ path: String, from offset: Int = 0, _ body: (AuditRecord) throws -> Void
    ) throws -> Position? {
        guard let identity = identity(of: path), var lines = try? AuditLines(path, from: offset) else {
            return nil
        }
        var end = offset
        while let bytes = try lines.next(), lines.isWhole {
            end = lines.position
            try body(AuditRecord(bytes))
        }
        return Position(file: path, identity: identity, offset: end)
    }
}
