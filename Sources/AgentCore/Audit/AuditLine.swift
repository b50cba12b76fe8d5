internal import AuthTokens

/// One line of an audit log: a JSON object whose first members are its number and its event, and whose last are the digest
/// of the line before and its seal.
///
/// `{"seq":7,"event":"call",…,"prev":"<SHA-256 of the line before>","mac":"<seal>"}`
///
/// The places are fixed, so that a line is checked without reading it as JSON: the seal is on every byte before `,"mac"`.
struct AuditLine {
    /// The number of the line in the chain, from 1.
    let sequence: Int
    /// The digest that it names as that of the line before, in hexadecimal digits.
    let previous: ArraySlice<UInt8>
    /// The seal.
    let seal: ArraySlice<UInt8>
    /// The digest of what the seal is on.
    let sealed: [UInt8]
    /// The digest of the whole line.
    let digest: [UInt8]
    /// What stands between the number and the digest of the line before.
    let members: ArraySlice<UInt8>

    /// The digest that the first line of a chain names.
    static let none = [UInt8](repeating: UInt8(ascii: "0"), count: 64)

    /// The longest line, in bytes: 64 KiB of SQL with each byte escaped, and room for the rest.
    static let longest = 1 << 20

    private static let head = Array("{\"seq\":".utf8)
    private static let previousKey = Array(",\"prev\":\"".utf8)
    private static let sealKey = Array("\",\"mac\":\"".utf8)
    private static let end = Array("\"}".utf8)

    /// Composes a line.
    ///
    /// - Parameters:
    ///   - sequence: Its number.
    ///   - members: Its members, from `"event":…` on, without braces.
    ///   - previous: The digest of the line before, in hexadecimal digits.
    ///   - seal: Seals it.
    /// - Returns: The line without its line feed, and its digest.
    static func compose(
        sequence: Int, members: [UInt8], previous: [UInt8], seal: AuditSeal
    ) -> (bytes: [UInt8], digest: [UInt8]) {
        var bytes = head
        bytes.reserveCapacity(members.count + 300)
        bytes.append(contentsOf: String(sequence).utf8)
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: members)
        bytes.append(contentsOf: previousKey)
        bytes.append(contentsOf: previous)
        var stream = Digest.SHA256Stream()
        stream.update(bytes)
        var tail = sealKey
        tail.append(contentsOf: seal.seal(stream.finalized(), .line))
        tail.append(contentsOf: end)
        stream.update(tail)
        return (bytes + tail, stream.finalized())
    }

    /// Takes a line apart.
    ///
    /// - Parameter line: The bytes without the line feed. nil when it is not of the form above; whether its seal fits is
    ///   for ``AuditSeal`` to say.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.count <= Self.longest, line.starts(with: Self.head), line.suffix(2).elementsEqual(Self.end) else {
            return nil
        }
        var position = line.startIndex + Self.head.count
        let digits = position
        var number = 0
        while position < line.endIndex, (0x30...0x39).contains(line[position]), position - digits < 18 {
            number = number * 10 + Int(line[position] - 0x30)
            position += 1
        }
        // One spelling only: no leading zero, which the first line would not have either.
        guard position > digits, line[digits] != UInt8(ascii: "0"), position < line.endIndex,
            line[position] == UInt8(ascii: ",")
        else { return nil }
        let membersStart = position + 1
        // The seal holds no quote, so the last quote before it begins it.
        let sealEnd = line.endIndex - Self.end.count
        guard sealEnd > membersStart,
            let quote = line[membersStart..<sealEnd].suffix(200).lastIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let sealStart = quote + 1
        let sealedEnd = sealStart - Self.sealKey.count
        let previousStart = sealedEnd - 64
        let membersEnd = previousStart - Self.previousKey.count
        guard membersEnd > membersStart, line[sealedEnd..<sealStart].elementsEqual(Self.sealKey),
            line[membersEnd..<previousStart].elementsEqual(Self.previousKey)
        else { return nil }
        sequence = number
        previous = line[previousStart..<sealedEnd]
        seal = line[sealStart..<sealEnd]
        members = line[membersStart..<membersEnd]
        var stream = Digest.SHA256Stream()
        stream.update(line[..<sealedEnd])
        sealed = stream.finalized()
        stream.update(line[sealedEnd...])
        digest = stream.finalized()
    }

    /// Whether the line is of an event.
    func isEvent(_ event: AuditEvent) -> Bool { members.starts(with: event.opening) }
}

/// What a line tells of.
enum AuditEvent: String, CaseIterable {
    /// A call that ended.
    case call
    /// An approved write that is about to run.
    case write
    /// An administrator's change of accounts.
    case account
    /// The first line of each file.
    case file
    /// The log was opened, and what was found wrong then.
    case open
    /// The log was closed at the end of the process.
    case close
    /// Calls whose lines could not be written.
    case lost

    /// The first member of the line after its number.
    var opening: [UInt8] { Array("\"event\":\"\(rawValue)\"".utf8) }
}
