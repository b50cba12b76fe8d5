/// What a token file and a user file are lists of.
protocol FileRecord: Sendable {
    /// The key of the list.
    static var listName: String { get }
    static var keys: [String] { get }
    /// The comment at the top of the file.
    static var header: String { get }
    /// The most entries.
    static var maximumCount: Int { get }
    /// What no two entries share, the first of which is the name in messages.
    var identities: [String] { get }
    init(_ record: YAMLRecord) throws(AccountError)
    func write(to text: inout YAMLText)
}

/// A YAML file of tokens or users, read whole and replaced whole under a lock.
struct RecordFile<Record: FileRecord>: Sendable {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    func load() throws(AccountError) -> [Record] {
        try Self.parse(try PrivateFile.read(path), path: path)
    }

    static func parse(_ bytes: [UInt8], path: String) throws(AccountError) -> [Record] {
        let entries = try YAMLRecords.read(bytes, path: path, list: Record.listName, keys: Record.keys)
        guard entries.count <= Record.maximumCount else {
            throw YAMLRecords.failure(path, 1, 1, "there are more than \(Record.maximumCount) \(Record.listName)")
        }
        var records: [Record] = []
        records.reserveCapacity(entries.count)
        var seen: Set<String> = []
        for entry in entries {
            let record = try Record(entry)
            for identity in record.identities where !seen.insert(identity).inserted {
                throw entry.failure("\(record.identities[0]) is there twice")
            }
            records.append(record)
        }
        return records
    }

    static func contents(_ records: [Record]) -> [UInt8] {
        var text = YAMLText(header: Record.header, list: Record.listName)
        for record in records {
            text.entry()
            record.write(to: &text)
        }
        return Array(text.text.utf8)
    }

    /// Reads, changes and replaces the file while no other process does. A file that is missing is made.
    ///
    /// - Parameter body: What to change; when it throws, the file stays as it is.
    func update<Result>(
        _ body: (inout [Record]) throws(AccountError) -> Result
    ) throws(AccountError) -> Result {
        // A link goes on to be one: its target is replaced.
        let target = FileName.resolved(path)
        return try FileLock.holding(beside: target) { () throws(AccountError) in
            FileName.removeLeftovers(of: target)
            var records: [Record] = []
            do throws(AccountError) {
                records = try RecordFile(target).load()
            } catch {
                guard error.isMissing else { throw error }
            }
            let result = try body(&records)
            let contents = Self.contents(records)
            // What cannot be read again is never written.
            _ = try Self.parse(contents, path: target)
            try PrivateFile.save(target, contents)
            return result
        }
    }
}
