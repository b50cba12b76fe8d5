import AuthTokens
import Foundation
import Synchronization
import Testing

@testable import AgentCore

/// A clock that a test sets.
final class TestClock: Sendable {
    private let now = Mutex(Timestamp(seconds: 1_000_000))
    var time: Timestamp { now.withLock { $0 } }
    func advance(_ seconds: Int64) { now.withLock { $0 = Timestamp(seconds: $0.seconds + seconds) } }
}

/// A folder that is removed afterwards.
func withStateFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

@Suite("Approvals")
struct ApprovalTests {
    private static let anna = Principal(id: "anna", name: "Anna", scopes: [.read, .write])
    private static let eve = Principal(id: "eve", name: "Eve", scopes: [.read, .write])

    private func request(_ sql: String = "DELETE FROM t", dryRun: Bool = false, by principal: Principal = anna)
        -> WriteRequest
    {
        WriteRequest(sql: sql, dryRun: dryRun, origin: CallOrigin(principal: principal))
    }

    @Test("It is for this SQL, byte for byte, this database, this kind of run, this principal, and for five minutes")
    func binding() {
        let clock = TestClock()
        let desk = ApprovalDesk(secret: nil, stateDirectory: nil) { clock.time }
        let approval = desk.issue(sql: "DELETE FROM t", database: "shop", dryRun: false, principal: "anna")
        #expect(desk.refusal(of: approval, for: request(), on: "shop") == nil)
        for other in ["DELETE FROM t ", "delete from t", "DELETE FROM t;", "", "DELETE FROM t -- all"] {
            #expect(desk.refusal(of: approval, for: request(other), on: "shop") == .otherStatement)
        }
        #expect(desk.refusal(of: approval, for: request(), on: "shop2") == .otherDatabase)
        #expect(desk.refusal(of: approval, for: request(dryRun: true), on: "shop") == .otherStatement)
        #expect(desk.refusal(of: approval, for: request(by: Self.eve), on: "shop") == .otherPrincipal)
        clock.advance(299)
        #expect(desk.refusal(of: approval, for: request(), on: "shop") == nil)
        clock.advance(1)
        #expect(desk.refusal(of: approval, for: request(), on: "shop") == .expired)
        // Another principal is told nothing of what else is wrong.
        #expect(desk.refusal(of: approval, for: request("x", by: Self.eve), on: "y") == .otherPrincipal)
        clock.advance(-400)
        #expect(desk.refusal(of: approval, for: request(), on: "shop") == .expired, "a clock that was set back")
    }

    @Test("Only what is true of something else is asked again")
    func outcomes() {
        #expect(ApprovalError.allCases.filter(\.asksAgain) == [.otherStatement, .otherDatabase])
    }

    @Test("A seal opens for the desk that made it, and for no other text")
    func seals() throws {
        let desk = ApprovalDesk()
        let approval = desk.issue(sql: "DELETE FROM t", database: "shop", dryRun: true, principal: "anna")
        let sealed = try desk.seal(approval)
        #expect(try desk.open(sealed) == approval)
        #expect(!sealed.contains("shop"))
        var bytes = Array(sealed.utf8)
        for index in [0, 4, bytes.count / 2, bytes.count - 1] {
            let kept = bytes[index]
            bytes[index] = kept == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let changed = String(decoding: bytes, as: UTF8.self)
            #expect(throws: ApprovalError.notAuthentic) { try desk.open(changed) }
            bytes[index] = kept
        }
        for nonsense in ["", "v1", "v1..", sealed + "A", sealed + "\n", String(sealed.dropLast())] {
            #expect(throws: ApprovalError.notAuthentic) { try desk.open(nonsense) }
        }
        #expect(throws: ApprovalError.notAuthentic) { try ApprovalDesk().open(sealed) }
        // What was sealed for another use of the same key is no approval.
        let other = try desk.secret.seal(approval.encoded, for: .approval, context: Array("request-state:anna".utf8))
        #expect(throws: ApprovalError.notAuthentic) { try desk.open(other) }
    }

    @Test("With a folder and a secret file another process opens it; without a folder nobody else does")
    func sharing() async throws {
        try await withStateFolder { folder in
            let secret = SecretFile.ephemeral()
            let one = ApprovalDesk(secret: secret, stateDirectory: folder)
            let approval = one.issue(sql: "x", database: "d", dryRun: false, principal: "p")
            let sealed = try one.seal(approval)
            #expect(try ApprovalDesk(secret: secret, stateDirectory: folder).open(sealed) == approval)
            // It could be used once there and once here.
            #expect(throws: ApprovalError.notAuthentic) { try ApprovalDesk(secret: secret).open(sealed) }
        }
    }

    @Test("It is used once", arguments: [true, false])
    func once(inFolder: Bool) async throws {
        try await withStateFolder { folder in
            let desk = ApprovalDesk(stateDirectory: inFolder ? folder : nil)
            let approval = desk.issue(sql: "x", database: "d", dryRun: false, principal: "p")
            try await desk.spend(approval)
            await #expect(throws: ApprovalError.spent) { try await desk.spend(approval) }
            let other = desk.issue(sql: "x", database: "d", dryRun: false, principal: "p")
            try await desk.spend(other)
        }
    }

    @Test("Of many who use one at the same moment, over handles of their own, one succeeds")
    func race() async throws {
        try await withStateFolder { folder in
            let secret = SecretFile.ephemeral()
            let desks = (0..<4).map { _ in ApprovalDesk(secret: secret, stateDirectory: folder) }
            for _ in 0..<5 {
                let approval = desks[0].issue(sql: "x", database: "d", dryRun: false, principal: "p")
                let winners = await withTaskGroup(of: Bool.self) { group in
                    for index in 0..<16 {
                        group.addTask { (try? await desks[index % desks.count].spend(approval)) != nil }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(winners == 1)
            }
        }
    }

    @Test("The folder and its files are for their owner alone, and a folder that others may write to is refused")
    func modes() async throws {
        try await withStateFolder { folder in
            let desk = ApprovalDesk(stateDirectory: folder)
            try await desk.spend(desk.issue(sql: "x", database: "d", dryRun: false, principal: "p"))
            #expect(try mode(of: folder) == 0o700)
            for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                #expect(try mode(of: folder + "/" + file) == 0o600)
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
            let late = ApprovalDesk(stateDirectory: folder)
            await #expect(throws: StateFailure.self) {
                try await late.spend(late.issue(sql: "x", database: "d", dryRun: false, principal: "p"))
            }
        }
    }

    private func mode(of path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("What has long expired is forgotten")
    func forgetting() async throws {
        try await withStateFolder { folder in
            let clock = TestClock()
            let desk = ApprovalDesk(secret: nil, stateDirectory: folder) { clock.time }
            let store = try #require(desk.questions as? StateStore)
            let approval = desk.issue(sql: "x", database: "d", dryRun: false, principal: "p")
            try await desk.spend(approval)
            clock.advance(80_000)
            #expect(try await !store.spend(approval.nonce, expires: approval.expires, now: clock.time))
            clock.advance(80_000)
            #expect(try await store.spend(approval.nonce, expires: approval.expires, now: clock.time))
        }
    }
}

@Suite("Questions that another request answers")
struct HeldWriteTests {
    private static let anna = Principal(id: "anna", name: "Anna", scopes: [.read, .write])
    private static let eve = Principal(id: "eve", name: "Eve", scopes: [.read, .write])
    private static let approver = Principal(id: "boss", name: "Boss", scopes: [.approve], databases: ["shop"])

    private func question(_ desk: ApprovalDesk, database: String = "shop") -> ApprovalQuestion {
        ApprovalQuestion(
            approval: desk.issue(sql: "DELETE FROM t", database: database, dryRun: false, principal: "anna"),
            sql: "DELETE FROM t", kinds: ["DELETE"], statements: 1, estimatedRows: nil, warnings: [], isAlone: false)
    }

    @Test("An answer comes once, from who asked or from a token with the scope approve", arguments: [true, false])
    func answers(inFolder: Bool) async throws {
        try await withStateFolder { folder in
            let secret = SecretFile.ephemeral()
            let desk = ApprovalDesk(secret: secret, stateDirectory: inFolder ? folder : nil)
            // Another process answers.
            let other = inFolder ? ApprovalDesk(secret: secret, stateDirectory: folder) : desk
            for approver in [Approver.person(Self.anna), .token(Self.approver)] {
                let id = try await desk.hold(question(desk))
                for wrong in [
                    Approver.person(Self.eve), .token(Self.anna), .token(Self.eve), .person(Self.approver),
                ] {
                    await #expect(throws: ApprovalError.otherPrincipal) {
                        try await other.answer(id, .approve, by: wrong)
                    }
                }
                #expect(try await other.held(id, for: approver).sql == "DELETE FROM t")
                guard case .approved(let held) = try await other.answer(id, .approve, by: approver) else {
                    Issue.record("not approved")
                    return
                }
                let request = held.request(origin: CallOrigin(principal: Self.anna))
                #expect(other.refusal(of: held.approval, for: request, on: "shop") == nil)
                await #expect(throws: ApprovalError.notAuthentic) { try await desk.answer(id, .approve, by: approver) }
            }
        }
    }

    @Test(
        "One who only asks takes nobody else's room for questions, and has it again after they expired",
        arguments: [true, false])
    func roomForQuestions(inFolder: Bool) async throws {
        try await withStateFolder { folder in
            let clock = TestClock()
            let desk = ApprovalDesk(secret: nil, stateDirectory: inFolder ? folder : nil) { clock.time }
            for _ in 0..<HeldQuestionBounds.ofOne { _ = try await desk.hold(question(desk)) }
            await #expect { _ = try await desk.hold(question(desk)) } throws: {
                if case .tooManyAtOnce? = ($0 as? QueryFailure)?.kind { true } else { false }
            }
            let approval = desk.issue(sql: "DELETE FROM t", database: "shop", dryRun: false, principal: "eve")
            let others = ApprovalQuestion(
                approval: approval, sql: "DELETE FROM t", kinds: ["DELETE"], statements: 1, estimatedRows: nil,
                warnings: [],
                isAlone: false)
            let kept = try await desk.hold(others)
            #expect(kept == approval.id)
            clock.advance(301)
            _ = try await desk.hold(question(desk))
        }
    }

    @Test("What was declined can never be used")
    func declined() async throws {
        let desk = ApprovalDesk()
        let id = try await desk.hold(question(desk))
        guard case .declined(let held) = try await desk.answer(id, .decline, by: .person(Self.anna)) else {
            Issue.record("not declined")
            return
        }
        await #expect(throws: ApprovalError.spent) { try await desk.spend(held.approval) }
    }

    @Test("The configuration may give a person less time, never more")
    func configuredLifetime() throws {
        var configuration = AgentConfiguration()
        configuration.approvalLifetime = .seconds(20)
        let approval = ApprovalDesk(configuration: configuration, secret: nil)
            .issue(sql: "SELECT 1", database: "shop", dryRun: false, principal: "user:anna")
        #expect(approval.expires == approval.issued + .seconds(20))
        let found = issues("databases: [{ name: shop, host: h, user: u }]\napproval_lifetime: 6m\n")
        #expect(found.contains { $0.key == "approval_lifetime" })
    }

    @Test("A token answers for its databases only, and nobody after the expiry")
    func bounds() async throws {
        let clock = TestClock()
        let desk = ApprovalDesk(secret: nil, stateDirectory: nil) { clock.time }
        let elsewhere = try await desk.hold(question(desk, database: "other"))
        await #expect(throws: ApprovalError.otherPrincipal) {
            try await desk.answer(elsewhere, .approve, by: .token(Self.approver))
        }
        let id = try await desk.hold(question(desk))
        clock.advance(301)
        await #expect(throws: ApprovalError.expired) { try await desk.answer(id, .approve, by: .person(Self.anna)) }
        await #expect(throws: ApprovalError.notAuthentic) {
            try await desk.answer("00", .approve, by: .person(Self.anna))
        }
    }
}

@Suite("The state that an MCP client carries")
struct SealedRequestStateTests {
    @Test("It opens for the same principal only")
    func principals() throws {
        let sealer = SealedRequestState(desk: ApprovalDesk())
        let anna = Principal(id: "anna", name: "x", scopes: [])
        let eve = Principal(id: "eve", name: "x", scopes: [])
        let sealed = try sealer.seal([1, 2, 3], caller: anna)
        #expect(try sealer.unseal(sealed, caller: anna) == [1, 2, 3])
        #expect(throws: (any Error).self) { try sealer.unseal(sealed, caller: eve) }
        #expect(throws: (any Error).self) { try sealer.unseal(sealed, caller: nil) }
        #expect(throws: (any Error).self) { try sealer.unseal(sealed + "-TAMPERED", caller: anna) }
        #expect(throws: (any Error).self) {
            try SealedRequestState(desk: ApprovalDesk()).unseal(sealed, caller: anna)
        }
    }
}
