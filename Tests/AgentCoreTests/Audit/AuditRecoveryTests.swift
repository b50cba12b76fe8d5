import AuthTokens
import Foundation
import Logging
import Testing

@testable import AgentCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("An audit log when something goes wrong")
struct AuditRecoveryTests {
    @Test("A line that a crash left unfinished is recorded, and told from an edit", arguments: [true, false])
    func torn(sealed: Bool) async throws {
        let fixture = try AuditFixture(sealed: sealed)
        try await fixture.record(3)
        let whole = try fixture.read()
        let line = try #require(try fixture.lines().last)
        try fixture.write(whole + line[..<(line.count / 2)])
        #expect(fixture.verify().firstFinding?.kind == .torn)
        #expect(fixture.verify().firstFinding?.line == 7)

        try await fixture.record(2)
        #expect(fixture.verify().findings == [])
        #expect(fixture.verify().notes.contains { $0.contains("not written whole") })
        let opening = try fixture.objects()[7]
        #expect(opening.string("event") == "open")
        #expect(opening.integer("tornBytes") == line.count / 2)

        // What is torn was put in between later: no record speaks of it.
        var lines = try fixture.lines()
        lines.insert(Array(line[..<20]), at: 4)
        try fixture.write(lines: lines)
        #expect(fixture.verify().firstFinding?.kind == .altered)
        #expect(fixture.verify().firstFinding?.line == 5)
        // Nor may the torn line be changed afterwards.
        lines = try fixture.lines()
        lines.remove(at: 4)
        lines[6][3] ^= 1
        try fixture.write(lines: lines)
        #expect(fixture.verify().firstFinding?.line == 7)
    }

    @Test("Lines newer than the head are those before a crash, and no finding")
    func olderHead() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(3)
        let head = try fixture.read(fixture.head)
        try await fixture.record(3)
        try fixture.write(head, to: fixture.head)
        #expect(fixture.verify().findings == [])
        #expect(fixture.verify().notes.contains { $0.contains("newer than the head") })
        try await fixture.record(1)
        #expect(fixture.verify().findings == [])
    }

    @Test("What was cut off while the process was down is found, and stays found after a start")
    func cutBetween() async throws {
        let fixture = try AuditFixture()
        try await fixture.record(5)
        try fixture.write(lines: try fixture.lines().dropLast(3))
        #expect(fixture.verify().firstFinding?.kind == .cut)
        try await fixture.record(2)
        let finding = try #require(fixture.verify().firstFinding)
        #expect(finding.kind == .recorded)
        #expect(finding.line == 6)
        #expect(finding.message.contains("5 of 8"))
    }

    @Test("A head that somebody removed or changed while the process was down stays found", arguments: [true, false])
    func headBetween(removed: Bool) async throws {
        let fixture = try AuditFixture()
        try await fixture.record(5)
        if removed {
            try FileManager.default.removeItem(atPath: fixture.head)
        } else {
            try fixture.write(
                AuditHead(lines: 2, digest: AuditLine.none, bytes: 1).contents(AuditSeal(nil)), to: fixture.head)
        }
        try await fixture.record(1)
        #expect(fixture.verify().firstFinding?.kind == .recorded)
        #expect(fixture.verify().firstFinding?.message.contains("head") == true)
    }

    @Test("A second instance is refused, and told which key to set")
    func twoInstances() async throws {
        let fixture = try AuditFixture()
        let first = try fixture.open()
        let error = #expect(throws: ConfigurationError.self) { try fixture.open() }
        #expect(error?.description.contains("audit.file: another process is writing to \(fixture.log)") == true)
        #expect(error?.exitCode == 2)
        // Each may have a log of its own with its head in the same folder.
        let second = try fixture.open(at: fixture.folder + "/other.jsonl")
        await first.close()
        await second.close()
        #expect(fixture.verify().findings == [])
    }

    @Test("A log grows over several files, and the chain over all of them")
    func rotation() async throws {
        let fixture = try AuditFixture(limit: 4000)
        try await fixture.record(30)
        let files = AuditFiles.list(fixture.log)
        #expect(files.count > 3)
        #expect(files.last?.path == fixture.log)
        #expect(fixture.verify().findings == [])
        #expect(fixture.verify().files.count == files.count)
        for (index, file) in files.enumerated() {
            let first = try #require(try fixture.objects(file.path).first)
            #expect(first.string("event") == "file")
            if index > 0 {
                #expect(
                    first.string("previousFile") == files[index - 1].path.split(separator: "/").last.map(String.init))
            }
        }
        try await fixture.record(2)
        #expect(fixture.verify().findings == [])

        // A copy that somebody made is no part of it.
        try Data(try fixture.read()).write(to: URL(filePath: fixture.log + ".bak"))
        #expect(fixture.verify().findings == [])

        // A file in the middle is missed, the oldest may be gone.
        let middle = try fixture.read(files[1].path)
        try FileManager.default.removeItem(atPath: files[1].path)
        #expect(fixture.verify().firstFinding?.kind == .missing)
        #expect(fixture.verify().firstFinding?.file == files[2].path)
        try Data(middle).write(to: URL(filePath: files[1].path))
        try FileManager.default.removeItem(atPath: files[0].path)
        #expect(fixture.verify().findings == [])
        #expect(fixture.verify().firstLine == files[1].first)
        // But not a part of it.
        try fixture.write(lines: Array(try fixture.lines(files[1].path).dropFirst()), to: files[1].path)
        #expect(fixture.verify().firstFinding?.kind == .missing)
    }

    @Test("A file that was renamed under the log goes on in a new one after SIGHUP")
    func reopened() async throws {
        let fixture = try AuditFixture()
        let audit = try fixture.open()
        await audit.finished(AuditFixture.call("SELECT 1"))
        await audit.reopen()
        #expect(AuditFiles.list(fixture.log).count == 1)
        try FileManager.default.moveItem(atPath: fixture.log, toPath: fixture.log + ".1")
        await audit.finished(AuditFixture.call("SELECT 2"))
        await audit.reopen()
        await audit.finished(AuditFixture.call("SELECT 3"))
        await audit.close()
        #expect(AuditFiles.list(fixture.log).map(\.path) == [fixture.log + ".1", fixture.log])
        #expect(fixture.verify().findings == [])
        // file, open, SELECT 1, SELECT 2, file, SELECT 3, close.
        #expect(fixture.verify().lines == 7)
        // The process starts again right after a rotation.
        try FileManager.default.moveItem(atPath: fixture.log, toPath: fixture.log + ".2")
        try await fixture.record(1)
        #expect(fixture.verify().findings == [])
    }

    @Test("A full disk stops writes and not reads, says so, and counts what was lost")
    func fullDisk() async throws {
        let fixture = try AuditFixture()
        guard let disk = SmallDisk(fixture.folder + "/disk", bytes: 64 << 10) else { return }
        let path = disk.path + "/audit.jsonl"
        let audit = try fixture.open(at: path)
        var write = AuditFixture.call("DELETE FROM orders")
        write.verdict = .write
        try await audit.willWrite(write)
        // One line after the other until none fits any more.
        #expect(audit.lostCount == 0)
        while audit.lostCount == 0 { await audit.finished(AuditFixture.call(String(repeating: "x", count: 5000))) }
        await audit.finished(AuditFixture.call(String(repeating: "y", count: 5000)))
        let lost = audit.lostCount
        let failure = await #expect(throws: QueryFailure.self) {
            while true { try await audit.willWrite(write) }
        }
        #expect(failure?.code == "not_recorded")
        #expect(failure?.description.contains("Nothing was run") == true)
        #expect(failure?.description.contains("No space left") == true)
        #expect(audit.failure != nil)

        try disk.grow(to: 1 << 20)
        try await audit.willWrite(write)
        #expect(audit.failure == nil)
        let total = audit.lostCount
        #expect(total > lost)
        await audit.close()
        let verification = AuditVerification.verify(
            log: path, head: AuditHead.path(ofLog: path, in: fixture.state), secret: fixture.secret)
        #expect(verification.findings == [])
        #expect(verification.lostCalls == total)
    }

    @Test("A record of a write that cannot be kept leaves no half a line")
    func noHalfLines() async throws {
        let fixture = try AuditFixture()
        guard let disk = SmallDisk(fixture.folder + "/disk", bytes: 16 << 10) else { return }
        let path = disk.path + "/audit.jsonl"
        let audit = try fixture.open(at: path)
        for _ in 0..<20 { await audit.finished(AuditFixture.call(String(repeating: "x", count: 3000))) }
        await audit.close()
        let bytes = try fixture.read(path)
        #expect(bytes.last == 0x0A)
        #expect(
            AuditVerification.verify(
                log: path, head: AuditHead.path(ofLog: path, in: fixture.state), secret: fixture.secret
            ).findings == [])
    }

    @Test("Many calls at once are each recorded once, in one chain")
    func concurrent() async throws {
        let fixture = try AuditFixture(limit: 50_000)
        let audit = try fixture.open()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask { await audit.finished(AuditFixture.call("SELECT \(number)")) }
            }
        }
        await audit.close()
        #expect(audit.keptCount == 300)
        #expect(fixture.verify().findings == [])
        let statements = try AuditFiles.list(fixture.log).flatMap { try fixture.objects($0.path) }.compactMap {
            $0.string("sql")
        }
        #expect(Set(statements).count == 300 && statements.count == 300)
    }

    @Test("What comes after the end is not recorded, and does not wait for ever")
    func afterClose() async throws {
        let fixture = try AuditFixture()
        let audit = try fixture.open()
        await audit.close()
        await audit.close()
        await audit.finished(AuditFixture.call("SELECT 1"))
        #expect(audit.lostCount == 1)
        #expect(fixture.verify().findings == [])
    }

    @Test("A file or folder that others may read or write is refused with exit code 78")
    func permissions() throws {
        let fixture = try AuditFixture()
        try Data().write(to: URL(filePath: fixture.log))
        chmod(fixture.log, 0o644)
        let exposed = #expect(throws: ConfigurationError.self) { try fixture.open() }
        #expect(exposed?.exitCode == 78)
        var configuration = AgentConfiguration()
        configuration.audit.file = fixture.log
        configuration.state.directory = fixture.state
        try AuditLog.check(configuration)
        chmod(fixture.folder, 0o757)
        let writable = #expect(throws: ConfigurationError.self) { try AuditLog.check(configuration) }
        #expect(writable?.exitCode == 78)
        chmod(fixture.folder, 0o700)
        configuration.state.directory = fixture.folder + "/made-by-its-first-use"
        try AuditLog.check(configuration)
        configuration.state.directory = fixture.folder + "/nowhere/state"
        let error = #expect(throws: ConfigurationError.self) { try AuditLog.check(configuration) }
        #expect(error?.exitCode == 2)
        #expect(error?.description.contains("state.directory") == true)
    }
}

/// A file system of a few pages in memory, where the system lets one be made (root on Linux).
final class SmallDisk {
    let path: String

    init?(_ path: String, bytes: Int) {
        self.path = path
        guard getuid() == 0, mkdir(path, 0o700) == 0, Self.run("mount", Self.options(bytes) + ["tmpfs", path]) else {
            return nil
        }
    }

    func grow(to bytes: Int) throws {
        guard Self.run("mount", Self.options(bytes, "remount,") + [path]) else { throw CocoaError(.fileWriteUnknown) }
    }

    private static func options(_ bytes: Int, _ more: String = "") -> [String] {
        ["-t", "tmpfs", "-o", "\(more)size=\(bytes),mode=700"]
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    deinit { _ = Self.run("umount", ["-l", path]) }
}
