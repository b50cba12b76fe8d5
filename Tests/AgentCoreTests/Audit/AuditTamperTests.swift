import AuthTokens
import Foundation
import TestSupport
import Testing

@testable import AgentCore

/// Every way to change a log leaves a mark. The log holds the lines `file`, `open`, ten calls, `close`: 13 lines.
@Suite("An audit log that somebody changed")
struct AuditTamperTests {
    @Test("A log as it was written is sound", arguments: [true, false])
    func sound(sealed: Bool) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        try await fixture.record(10)
        let verification = fixture.verify()
        #expect(verification.findings == [])
        #expect(verification.lines == 13)
        #expect(verification.isSealed == sealed)
        #expect(verification.hasHead)
        #expect(verification.lastLine == 13)
    }

    @Test("It goes on where it ended when the process starts again", arguments: [true, false])
    func restarted(sealed: Bool) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        for _ in 0..<3 { try await fixture.record(4) }
        #expect(fixture.verify().findings == [])
        #expect(fixture.verify().lines == 19)
    }

    @Test("A flipped byte is found, with its line", arguments: [true, false], [1, 2, 5, 12, 13])
    func flippedByte(sealed: Bool, line: Int) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        try await fixture.record(10)
        let lines = try fixture.lines()
        for position in [0, 9, 60, lines[line - 1].count / 2, lines[line - 1].count - 80, lines[line - 1].count - 5] {
            var changed = lines
            changed[line - 1][position] ^= 1
            try fixture.write(lines: changed)
            let finding = try #require(fixture.verify().firstFinding)
            #expect(finding.line == line || finding.kind == .missing, "\(finding)")
            #expect(fixture.verify().isSound == false)
        }
    }

    @Test("A dropped line is found", arguments: [true, false], [1, 2, 5, 12])
    func droppedLine(sealed: Bool, line: Int) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        try await fixture.record(10)
        var lines = try fixture.lines()
        lines.remove(at: line - 1)
        try fixture.write(lines: lines)
        let finding = try #require(fixture.verify().firstFinding)
        #expect(finding.kind == .missing)
        #expect(finding.line == line)
    }

    @Test("Two lines that changed places are found", arguments: [(3, 4), (2, 9), (12, 13)])
    func swappedLines(first: Int, second: Int) async throws {
        let fixture = try AuditFixture()
        try await fixture.record(10)
        var lines = try fixture.lines()
        lines.swapAt(first - 1, second - 1)
        try fixture.write(lines: lines)
        let finding = try #require(fixture.verify().firstFinding)
        #expect(finding.kind == .reordered)
        #expect(finding.line == first)
        #expect(finding.message.contains("line \(second)"))
    }

    @Test("Lines that are cut off the end are missed", arguments: [true, false], [1, 5, 13])
    func cutEnd(sealed: Bool, count: Int) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        try await fixture.record(10)
        try fixture.write(lines: try fixture.lines().dropLast(count))
        let finding = try #require(fixture.verify().firstFinding)
        #expect(finding.kind == .cut)
        #expect(finding.line == (count == 13 ? nil : 13 - count))
    }

    @Test("A log that is gone is missed")
    func gone() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(3)
        try FileManager.default.removeItem(atPath: fixture.log)
        #expect(fixture.verify().firstFinding?.kind == .cut)
    }

    @Test("A line that was put in is found, a copy of another too")
    func insertedLine() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(10)
        let lines = try fixture.lines()
        var copied = lines
        copied.insert(lines[4], at: 7)
        try fixture.write(lines: copied)
        #expect(fixture.verify().firstFinding?.kind == .inserted)
        #expect(fixture.verify().firstFinding?.line == 8)
        var made = lines
        made.insert(Array(#"{"seq":8,"event":"call"}"#.utf8), at: 7)
        try fixture.write(lines: made)
        #expect(fixture.verify().firstFinding?.kind == .altered)
        #expect(fixture.verify().firstFinding?.line == 8)
        try fixture.write(lines: lines + [[]])
        #expect(fixture.verify().isSound == false)
    }

    @Test("A chain that was made again without the key is found; without a key, only by the head")
    func forged() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(10)
        let sealed = try fixture.lines()
        var forged: [[UInt8]] = []
        var digest = AuditLine.none
        for (index, bytes) in sealed.enumerated() {
            var members = Array(try #require(AuditLine(bytes[...])).members)
            if index == 5 {
                members = Array(String(decoding: members, as: UTF8.self).replacing("SELECT 4", with: "SELECT 0").utf8)
            }
            let line = AuditLine.compose(
                sequence: index + 1, members: members, previous: digest, seal: AuditSeal(nil))
            forged.append(line.bytes)
            digest = Digest.hexadecimalDigits(line.digest)
        }
        try fixture.write(lines: forged)
        #expect(fixture.verify().isSound == false)
        // With the head made again too.
        let head = AuditHead(lines: 13, digest: digest, bytes: try fixture.read().count).contents(AuditSeal(nil))
        try fixture.write(head, to: fixture.head)
        #expect(fixture.verify().firstFinding?.kind == .head)
        // A part of the log cannot be replaced either.
        try fixture.write(lines: Array(sealed[..<6]) + Array(forged[6...]))
        #expect(fixture.verify().firstFinding?.kind == .unsealed)
        #expect(fixture.verify().firstFinding?.line == 7)
    }

    @Test("An older copy in place of the log is found")
    func olderCopy() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(5)
        let older = try fixture.read()
        try await fixture.record(5)
        try fixture.write(older)
        #expect(fixture.verify().firstFinding?.kind == .cut)
    }

    @Test("A head that is missing, cut or changed is found")
    func head() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(5)
        let head = try fixture.read(fixture.head)
        for count in [0, 1, head.count / 2, head.count - 1] {
            try fixture.write(head[..<count], to: fixture.head)
            #expect(fixture.verify().firstFinding?.kind == .head)
        }
        for position in stride(from: 0, to: head.count, by: 7) {
            var changed = head
            changed[position] ^= 1
            try fixture.write(changed, to: fixture.head)
            #expect(fixture.verify().isSound == false)
        }
        try FileManager.default.removeItem(atPath: fixture.head)
        #expect(fixture.verify().firstFinding?.kind == .head)
    }

    @Test("Another key, or none, is told from an alteration")
    func keys() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(5)
        let finding = try #require(fixture.verify(.some(.ephemeral())).firstFinding)
        #expect(finding.kind == .unknownKey)
        // Without the key the chain of digests still finds a change.
        #expect(fixture.verify(.some(nil)).isSound)
        var lines = try fixture.lines()
        lines[3][20] ^= 1
        try fixture.write(lines: lines)
        #expect(fixture.verify(.some(nil)).firstFinding?.line == 4)
    }

    @Test("A log that got a key later is sound, one that lost it is not")
    func keyLater() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(["SELECT 1"], sealed: .some(nil))
        try await fixture.record(["SELECT 2"])
        #expect(fixture.verify().findings == [])
        try await fixture.record(["SELECT 3"], sealed: .some(nil))
        #expect(fixture.verify().firstFinding?.kind == .unsealed)
    }

    @Test("Any single edit of any log is found", arguments: 0..<40)
    func anyEdit(seed: Int) async throws {
        var random = SeededNumbers(UInt64(seed))
        let fixture = try AuditFixture(
            sealed: Bool.random(using: &random), limit: seed % 3 == 0 ? 6000 : AuditFiles.limit)
        let count = Int.random(in: 1...30, using: &random)
        try await fixture.record(
            (0..<count).map { _ in String(repeating: "x", count: Int.random(in: 0...300, using: &random)) })
        let files = AuditFiles.list(fixture.log).map(\.path)
        #expect(fixture.verify().findings == [])
        for _ in 0..<25 {
            let file = try #require(files.randomElement(using: &random))
            let original = try fixture.read(file)
            let (edit, changed) = Self.edit(original, &random)
            guard changed != original else { continue }
            try fixture.write(changed, to: file)
            #expect(fixture.verify().isSound == false, "\(edit) of \(file)")
            try fixture.write(original, to: file)
        }
        #expect(fixture.verify().findings == [])
    }

    private static func edit(_ bytes: [UInt8], _ random: inout SeededNumbers) -> (String, [UInt8]) {
        var bytes = bytes
        let position = Int.random(in: 0..<bytes.count, using: &random)
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map(Array.init)
        let line = Int.random(in: 0..<lines.count, using: &random)
        let other = Int.random(in: 0..<lines.count, using: &random)
        let kind = Int.random(in: 0..<8, using: &random)
        switch kind {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
        case 3: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 4: lines.remove(at: line)
        case 5: lines.insert(lines[line], at: other)
        case 6: lines.swapAt(line, other)
        default: bytes.append(contentsOf: (0...3).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        if (4...6).contains(kind) { bytes = lines.flatMap { $0 + [0x0A] } }
        return ("edit \(kind) at \(position), line \(line), \(other)", bytes)
    }
}
