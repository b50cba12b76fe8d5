internal import AuthTokens
internal import MCPProtocol

/// Follows a chain line by line. Pure: it is fed lines and says what is wrong with them.
struct AuditChainCheck {
    /// Where a line stands.
    struct Place {
        var file: String
        var line: Int
    }

    /// A line that does not follow from the one before; what it means depends on whether the expected one comes later.
    struct Break {
        /// The number that was expected, and the one that came.
        var expected: Int
        var found: Int
        var place: Place
    }

    /// What feeding a line gave.
    enum Step {
        case fine
        case wrong(AuditFinding)
        case broken(Break)
    }

    private let seal: AuditSeal
    private let head: AuditHead?
    /// The number and digest of the last line, once there is one.
    private(set) var last: (sequence: Int, digest: [UInt8], place: Place)?
    private(set) var firstSequence: Int?
    /// How many lines carry a key's seal, and how many none.
    private(set) var sealedLines = 0
    private(set) var unsealedLines = 0
    /// Lines that could not be read and may be torn ones: the next line has to say so.
    private var torn: (digest: [UInt8], count: Int, place: Place)?
    /// What is no mistake but worth knowing.
    private(set) var notes: [String] = []
    /// What the agent itself recorded.
    private(set) var recorded: [AuditFinding] = []
    private(set) var lostCalls = 0

    init(seal: AuditSeal, head: AuditHead?) {
        self.seal = seal
        self.head = head
    }

    /// Looks at the next line.
    mutating func feed(_ bytes: ArraySlice<UInt8>, at place: Place) -> Step {
        let line = AuditLine(bytes)
        if let torn {
            guard let line, line.isEvent(.open), isExplained(torn.digest, torn.count, by: line) else {
                return .wrong(altered(torn.place))
            }
            self.torn = nil
            notes.append(
                "\(torn.place.file):\(torn.place.line): a line was not written whole, as line \(place.line) records: "
                    + "the process or the machine went down")
            return accept(line, at: place)
        }
        guard let line else {
            // It is a torn line only when the next one says so.
            torn = (Digest.sha256(bytes), bytes.count, place)
            return .fine
        }
        return accept(line, at: place)
    }

    /// What is wrong at the end of the chain.
    func end(trailing: Bool) -> AuditFinding? {
        guard let torn else { return nil }
        // With nothing behind it a torn line cannot be told from an altered one.
        if trailing {
            return AuditFinding(
                kind: .torn, file: torn.place.file, line: torn.place.line,
                message: "the line is not whole: the process went down while it was written, or it was edited; "
                    + "agentd records it at its next start")
        }
        return altered(torn.place)
    }

    private func altered(_ place: Place) -> AuditFinding {
        AuditFinding(
            kind: .altered, file: place.file, line: place.line, message: "this is not a line as it was written")
    }

    private mutating func accept(_ line: AuditLine, at place: Place) -> Step {
        if let finding = checkSeal(line, at: place) { return .wrong(finding) }
        if let last {
            guard line.sequence == last.sequence + 1 else {
                return .broken(Break(expected: last.sequence + 1, found: line.sequence, place: place))
            }
            guard line.previous.elementsEqual(last.digest) else {
                return .wrong(
                    AuditFinding(
                        kind: .altered, file: last.place.file, line: last.place.line,
                        message: "this is not the line that number \(line.sequence) was written after"))
            }
        } else {
            firstSequence = line.sequence
            guard line.isEvent(.file) else {
                return .wrong(
                    AuditFinding(
                        kind: .missing, file: place.file, line: place.line,
                        message: "the beginning of the file is missing: its first line is number \(line.sequence) "
                            + "and not the one that begins a file"))
            }
            if line.sequence == 1, !line.previous.elementsEqual(AuditLine.none) {
                return .wrong(altered(place))
            }
        }
        let digest = Digest.hexadecimalDigits(line.digest)
        if let head, head.lines == line.sequence, head.digest != digest {
            return .wrong(
                AuditFinding(
                    kind: .altered, file: place.file, line: place.line,
                    message: "this is not the line that the head tells of"))
        }
        last = (line.sequence, digest, place)
        if line.isEvent(.open) { readOpening(line, at: place) }
        if line.isEvent(.lost) { readLost(line, at: place) }
        return .fine
    }

    private mutating func checkSeal(_ line: AuditLine, at place: Place) -> AuditFinding? {
        func finding(_ kind: AuditFinding.Kind, _ message: String) -> AuditFinding {
            AuditFinding(kind: kind, file: place.file, line: place.line, message: message)
        }
        switch seal.check(line.seal, on: line.sealed, .line) {
        case .authentic, .unchecked:
            sealedLines += 1
            return nil
        case .digestOnly:
            guard sealedLines == 0 else {
                return finding(.unsealed, "the line carries no key's seal, although lines before it do")
            }
            unsealedLines += 1
            return nil
        case .unknownKey(let keyID):
            return finding(.unknownKey, "the line is sealed with key \(keyID), which the secret file does not hold")
        case .broken: return finding(.altered, "the line is not as it was written: its seal does not fit")
        }
    }

    private func object(of line: AuditLine) -> JSONObject? {
        let text = [UInt8(ascii: "{")] + line.members + [UInt8(ascii: "}")]
        guard case .object(let object)? = try? JSONValue.parse(text) else { return nil }
        return object
    }

    private func isExplained(_ digest: [UInt8], _ count: Int, by line: AuditLine) -> Bool {
        guard let object = object(of: line), object["tornBytes"] == .integer(Int64(count)) else { return false }
        return object["tornSha256"] == .string(Digest.hexadecimal(digest))
    }

    /// What the agent found at its start is found again by whoever verifies, for good.
    private mutating func readOpening(_ line: AuditLine, at place: Place) {
        guard let object = object(of: line), case .array(let problems)? = object["problems"] else { return }
        let names = problems.compactMap { value -> String? in
            if case .string(let name) = value { name } else { nil }
        }
        var messages: [String] = []
        for name in names {
            switch AuditChainEnd.Problem(rawValue: name) {
            case .torn: continue
            case .cut:
                let counts = [object["found"], object["expected"]].map { value -> String in
                    if case .integer(let count)? = value { "\(count)" } else { "?" }
                }
                messages.append(
                    "lines were missing at the end (\(counts[0]) of \(counts[1]) were there): cut off, or lost when the "
                        + "machine went down")
            case .altered: messages.append("the last line was not the one that was written")
            case .headMissing: messages.append("the head was missing, so lines may have been cut off unseen")
            case .headAltered: messages.append("the head had been altered, so lines may have been cut off unseen")
            case nil: messages.append("a problem called \(PlainText.excerpt(name))")
            }
        }
        guard !messages.isEmpty else { return }
        var time = ""
        if case .string(let text)? = object["time"] { time = " at \(PlainText.escaped(text))" }
        recorded.append(
            AuditFinding(
                kind: .recorded, file: place.file, line: place.line,
                message: "agentd found when it started\(time): " + messages.joined(separator: "; ")))
    }

    private mutating func readLost(_ line: AuditLine, at place: Place) {
        guard let object = object(of: line), case .integer(let lines)? = object["lines"] else { return }
        lostCalls += Int(lines)
        var reason = ""
        if case .string(let text)? = object["reason"] { reason = ": \(PlainText.escaped(text))" }
        notes.append("\(place.file):\(place.line): \(lines) calls before it could not be recorded\(reason)")
    }
}
