public import AuthTokens

/// What verifying an audit log found.
public struct AuditVerification: Sendable {
    /// The files that were read, in the order of the chain.
    public private(set) var files: [String] = []
    /// How many lines were read.
    public private(set) var lines = 0
    /// The number of the first line, which is not 1 when older files are gone.
    public private(set) var firstLine: Int?
    /// The number of the last line that was followed.
    public private(set) var lastLine: Int?
    /// The digest of that line, in hexadecimal digits: kept elsewhere, it proves later that the log was this one.
    public private(set) var digest: String?
    /// Whether the lines carry the seal of a key.
    public private(set) var isSealed = false
    /// Whether there was a head to compare the end with.
    public private(set) var hasHead = false
    /// How many calls the log says it could not record.
    public private(set) var lostCalls = 0
    /// What is wrong: the first place where the chain breaks, and what the agent recorded itself.
    public private(set) var findings: [AuditFinding] = []
    /// What is not wrong but worth knowing.
    public private(set) var notes: [String] = []

    /// Whether nothing is wrong.
    public var isSound: Bool { findings.isEmpty }

    /// The first thing that is wrong.
    public var firstFinding: AuditFinding? { findings.first }

    /// Verifies the log that a configuration names, or some of its files.
    ///
    /// - Parameters:
    ///   - files: The files; empty: the log and what was rotated away from it.
    ///   - log: The current file of the log; nil when it is not known.
    ///   - head: The file of the head; nil: none is compared.
    ///   - secret: The keys; nil: seals of keys are not checked, only the chain of digests.
    public static func verify(
        files: [String] = [], log: String?, head: String?, secret: SecretFile?
    ) -> AuditVerification {
        var verification = AuditVerification()
        let seal = AuditSeal(secret)
        // Before the lines: a log that is being written to may only be further than its head.
        let known = verification.readHead(head, seal)
        let ordered = files.isEmpty ? log.map { AuditFiles.list($0) } ?? [] : AuditFiles.ordered(files)
        let unreadable =
            files.isEmpty
            ? log.map { log in
                // An empty log is the head's matter.
                AuditFiles.unreadable(log).filter { $0 != log || !isEmpty(log) }
            } ?? [] : files.filter { file in !ordered.contains { $0.path == file } }
        for file in unreadable {
            verification.findings.append(
                AuditFinding(
                    kind: .altered, file: file, line: 1, message: "the file does not begin with a line of a log"))
        }
        if verification.findings.isEmpty { verification.follow(ordered.map(\.path), known, seal) }
        return verification
    }

    /// Verifies the log of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: The whole configuration.
    ///   - secret: The keys of its secret file; nil: none.
    /// - Returns: What was found; nil when `audit.file` is not set.
    public static func verify(_ configuration: AgentConfiguration, secret: SecretFile?) -> AuditVerification? {
        configuration.audit.file.map { file in
            verify(
                log: file, head: AuditHead.path(ofLog: file, in: configuration.state.directory), secret: secret)
        }
    }

    private static func isEmpty(_ path: String) -> Bool {
        (try? AuditDescriptor(reading: path).status().size) ?? 0 == 0
    }

    private mutating func readHead(_ path: String?, _ seal: AuditSeal) -> AuditHead? {
        guard let path else {
            notes.append("no head was given: lines cut off the end cannot be missed")
            return nil
        }
        switch AuditHead.read(path, seal) {
        case .missing: headProblem = "the head is missing: lines may have been cut off the end"
        case .damaged(_): headProblem = "the head is not as it was written"
        case .found(_, .broken): headProblem = "the head is not as it was written: its seal does not fit"
        case .found(_, .unknownKey(let keyID)):
            headProblem = "the head is sealed with key \(keyID), which the secret file does not hold"
        case .found(let head, let finding):
            hasHead = true
            isHeadUnsealed = finding == .digestOnly && seal.hasKey
            return head
        }
        headPath = path
        return nil
    }

    private var headProblem: String?
    private var headPath: String?
    private var isHeadUnsealed = false

    private mutating func follow(_ paths: [String], _ head: AuditHead?, _ seal: AuditSeal) {
        var check = AuditChainCheck(seal: seal, head: head)
        var isTrailing = false
        var lastSize = 0
        do throws(SystemFailure) {
            for (index, path) in paths.enumerated() {
                var reader = try AuditLines(path)
                files.append(path)
                while let bytes = try reader.next() {
                    lines += 1
                    isTrailing = index == paths.count - 1 && !reader.isWhole
                    let place = AuditChainCheck.Place(file: path, line: reader.number)
                    if !reader.isWhole, AuditLine(bytes) != nil {
                        findings.append(
                            AuditFinding(
                                kind: .torn, file: path, line: place.line, message: "the line has no line end"))
                    }
                    switch check.feed(bytes, at: place) {
                    case .fine: break
                    case .wrong(let finding): findings.append(finding)
                    case .broken(let gap): findings.append(try explain(gap, reader, paths[(index + 1)...], seal))
                    }
                    if !findings.isEmpty { return summarise(check) }
                }
                lastSize = reader.position
            }
        } catch {
            findings.append(
                AuditFinding(kind: .missing, file: nil, line: nil, message: error.description))
            return summarise(check)
        }
        if let finding = check.end(trailing: isTrailing) { findings.append(finding) }
        if findings.isEmpty { compareEnd(check, head, size: lastSize) }
        summarise(check)
    }

    /// Whether the line that was expected comes later, and so was moved, or is not there.
    private func explain(
        _ gap: AuditChainCheck.Break, _ reader: AuditLines, _ rest: ArraySlice<String>, _ seal: AuditSeal
    ) throws(SystemFailure) -> AuditFinding {
        let place = gap.place
        guard gap.found > gap.expected else {
            return AuditFinding(
                kind: .inserted, file: place.file, line: place.line,
                message: "number \(gap.found) stands where number \(gap.expected) belongs: put in, or moved here")
        }
        var reader = reader
        var file = place.file
        var rest = rest
        while true {
            while let bytes = try reader.next() {
                guard let line = AuditLine(bytes), line.sequence == gap.expected,
                    seal.check(line.seal, on: line.sealed, .line) != .broken
                else { continue }
                return AuditFinding(
                    kind: .reordered, file: place.file, line: place.line,
                    message: "number \(gap.found) stands where number \(gap.expected) belongs, which stands in "
                        + (file == place.file ? "line \(reader.number)" : "\(file), line \(reader.number)"))
            }
            guard let next = rest.popFirst() else { break }
            file = next
            reader = try AuditLines(next)
        }
        let range =
            gap.found - 1 == gap.expected
            ? "number \(gap.expected) is" : "numbers \(gap.expected) to \(gap.found - 1) are"
        return AuditFinding(
            kind: .missing, file: place.file, line: place.line,
            message: "\(range) missing before this line, which is number \(gap.found)")
    }

    private mutating func compareEnd(_ check: AuditChainCheck, _ head: AuditHead?, size: Int) {
        let last = check.last?.sequence ?? 0
        let place = check.last?.place
        if let headProblem, last > 0 {
            findings.append(AuditFinding(kind: .head, file: headPath, line: nil, message: headProblem))
        }
        guard let head else { return }
        if isHeadUnsealed, last > 0 {
            findings.append(
                AuditFinding(
                    kind: .head, file: nil, line: nil,
                    message: "the head carries no key's seal, although there is a key: it was put there by somebody "
                        + "else, or agentd has not run with the key yet"))
        }
        if head.lines > last {
            let range = head.lines - last == 1 ? "number \(head.lines) is" : "numbers \(last + 1) to \(head.lines) are"
            findings.append(
                AuditFinding(
                    kind: .cut, file: place?.file, line: place?.line,
                    message: last == 0
                        ? "all \(head.lines) lines that the head tells of are missing"
                        : "\(range) missing at the end, after this line"))
        } else if head.lines < last {
            notes.append(
                "\(last - head.lines) line\(last - head.lines == 1 ? " is" : "s are") newer than the head: written just now, "
                    + "or just before the process went down")
        } else if head.bytes != size {
            findings.append(
                AuditFinding(
                    kind: .altered, file: place?.file, line: place?.line,
                    message:
                        "the file has \(size) bytes up to the end of this line where the head tells of \(head.bytes)"))
        }
    }

    private mutating func summarise(_ check: AuditChainCheck) {
        firstLine = check.firstSequence
        lastLine = check.last?.sequence
        digest = check.last.map { String(decoding: $0.digest, as: UTF8.self) }
        isSealed = check.sealedLines > 0
        lostCalls = check.lostCalls
        notes += check.notes
        if let firstLine, firstLine > 1 {
            notes.append("the first line is number \(firstLine): older files were removed, or not named")
        }
        if check.unsealedLines > 0, check.sealedLines > 0 {
            notes.append(
                "the first \(check.unsealedLines) lines were written without a key; the sealed ones after them vouch for them"
            )
        }
        findings += check.recorded
    }
}
