import Foundation
import MCPProtocol
import TestSupport
import Testing

/// Every hostile statement of `Corpus/Hostile`, over MCP, through every door that takes SQL, and arguments that are not
/// SQL. After each, the world is as it was. One suite for each role, each with a server of its own.
///
/// Marks of a statement: `any` it may also answer, as long as nothing changes and nothing secret shows (`any=owner`: for
/// that role); `error` the server's own error will do, since not every version has what it names; `names=a/b` the refusal
/// has to name one of these; `on=bent` in that database; `once` it takes its time, so the first door will do; `unplanned`
/// it is not explained, since a plan of it reserves a temporary schema. A file whose name begins with `functions` is named
/// after the functions: the first word of a statement's name has to stand in its refusal.
enum Hostile {
    static let folder = AttackedServer.corpus.appendingPathComponent("Hostile")
    static let files = (try? SQLCorpus.names(in: folder)) ?? []

    static func attack(_ file: String, _ role: AttackRole) async throws {
        let server = try await AttackedServer.shared(role)
        for statement in try SQLCorpus(file, in: folder, values: server.values).statements {
            try await Siege(server: server, statement: statement, file: file).run()
            if await server.tally.count() { try await compareAll(server, "at or some statements before \(statement)") }
        }
    }

    static func compareAll(_ server: AttackedServer, _ place: String) async throws {
        let now = try await server.world.whole()
        var before = await server.tally.whole
        // The digest has been compared after each statement, and better.
        for key in try await server.world.digest().keys { before[key] = now[key] }
        let difference = World.difference(before, now)
        #expect(difference.isEmpty, "\(server.role.rawValue), \(place): \(difference)")
        await server.tally.keep(whole: now)
    }
}

@Suite("Attack as superuser", .serialized)
struct AttackAsSuperuser {
    @Test("Nothing changes and nothing secret shows", arguments: Hostile.files)
    func statements(file: String) async throws { try await Hostile.attack(file, .superuser) }

    @Test("Arguments with SQL in them are refused") func arguments() async throws {
        try await ToolArguments.run(ToolArguments.calls, as: .superuser, mayAnswer: false)
    }

    @Test("A lookup takes SQL for a name") func lookups() async throws {
        try await ToolArguments.run(ToolArguments.lookups, as: .superuser, mayAnswer: true)
    }
}

@Suite("Attack as an ordinary owner", .serialized)
struct AttackAsOwner {
    @Test("Nothing changes and nothing secret shows", arguments: Hostile.files)
    func statements(file: String) async throws { try await Hostile.attack(file, .owner) }

    @Test("Arguments with SQL in them are refused") func arguments() async throws {
        try await ToolArguments.run(ToolArguments.calls, as: .owner, mayAnswer: false)
    }

    @Test("A lookup takes SQL for a name") func lookups() async throws {
        try await ToolArguments.run(ToolArguments.lookups, as: .owner, mayAnswer: true)
    }
}

@Suite("Attack corpus")
struct AttackCorpus {
    @Test("There are at least 300 hostile statements")
    func enough() throws {
        let count = try Hostile.files.reduce(0) { try $0 + SQLCorpus($1, in: Hostile.folder).statements.count }
        #expect(count >= 300)
    }
}

/// One hostile statement against every door.
private struct Siege {
    let server: AttackedServer
    let statement: CorpusStatement
    let file: String

    private var database: String {
        statement.marks["on"] ?? AttackedServer.database
    }

    /// Whether an answer is no failure.
    private var mayAnswer: Bool {
        guard let roles = statement.marks["any"] else { return false }
        return roles.isEmpty || roles == server.role.rawValue
    }

    func run() async throws {
        let answer = try await call("query_database", ["query": .string(statement.sql)])
        if let problem = problem(of: answer) { record(problem) }
        if statement.marks["once"] == nil { try await otherDoors() }
        let (digest, difference) = try await server.world.compare(with: await server.tally.digest)
        if !difference.isEmpty { record("the world has changed: \(difference)") }
        await server.tally.keep(digest: digest)
    }

    private func otherDoors() async throws {
        let condition = "EXISTS (\(statement.sql)\n)"
        let doors: [(String, JSONObject)] = [
            ("query_database", ["query": .string(statement.sql), "offset": 1]),
            ("execute_explain", ["query": .string(statement.sql), "analyze": true]),
            ("count_rows", ["table": "orders", "where": .string(condition)]),
            ("count_rows", ["table": "orders", "where": .string(statement.sql)]),
        ]
        for (tool, arguments) in doors {
            let answer = try await call(tool, arguments)
            if !answer.isError && !mayAnswer { record("\(tool) with more arguments answered: \(answer.text)") }
        }
        // A plan without ANALYZE may be asked of a write too; it must not run anything.
        if statement.marks["unplanned"] == nil {
            _ = try await call("execute_explain", ["query": .string(statement.sql)])
        }
    }

    private func call(_ tool: String, _ arguments: JSONObject) async throws -> ToolResult {
        var arguments = arguments
        arguments["database"] = .string(database)
        let result: ToolResult
        do {
            result = try await server.client.callTool(tool, arguments)
        } catch let error as RPCError {
            return ToolResult(content: [.text("\(error)")], isError: true)
        }
        for canary in AttackedServer.canaries where result.text.contains(canary) && !statement.sql.contains(canary) {
            record("\(tool) shows \(canary)")
        }
        return result
    }

    private func record(_ problem: String) {
        Issue.record("\(server.role.rawValue), \(statement): \(statement.sql.prefix(400))\n\(problem.prefix(1500))")
    }

    /// What is wrong with the answer of `query_database`.
    private func problem(of answer: ToolResult) -> String? {
        guard answer.isError else { return mayAnswer ? nil : "it answered: \(answer.text)" }
        if mayAnswer { return nil }
        if !answer.text.hasPrefix("Refused: "), statement.marks["error"] != nil { return nil }
        // undefined_function, feature_not_supported: the corpus is written for version 15 with all that belongs to it, others
        // have fewer functions, or were built without XML.
        let hasLess = ["(SQLSTATE 42883)", "(SQLSTATE 0A000)"].contains { answer.text.contains($0) }
        if !server.isVersion15, hasLess { return nil }
        guard let problem = Refusal.problem(in: answer.text, about: statement.sql, names: names) else { return nil }
        return problem + ": " + answer.text
    }

    /// One of these words has to stand in the refusal.
    private var names: [String] {
        if let names = statement.marks["names"] { return names.split(separator: "/").map(String.init) }
        return file.hasPrefix("functions") ? statement.name.split(separator: " ").prefix(1).map(String.init) : []
    }
}
