import Foundation
import MCPProtocol
import TestSupport
import Testing

/// Hostile statements and arguments, one at a time, since each is judged by what the server is like afterwards.
@Suite("Attack", .serialized)
enum Attack {}

extension Attack {
    /// Every hostile statement of `Corpus/Hostile`, over MCP, through every door that takes SQL. After each, the world is as it
    /// was.
    ///
    /// Marks of a statement: `any` it may also answer, as long as nothing changes and nothing secret shows (`any=owner`: for
    /// that role); `error` the server's own error will do, since not every version has what it names; `names=a/b` the refusal
    /// has to name one of these; `on=bent` in the database with bent settings; `once` it takes its time, so the first door will do. A file whose name begins with `functions` is
    /// named after the functions: the first word of a statement's name has to stand in its refusal.
    @Suite("by statements")
    struct Statements {
        static let folder = AttackedServer.corpus.appendingPathComponent("Hostile")
        static let files = (try? SQLCorpus.names(in: folder)) ?? []

        @Test("Nothing changes and nothing secret shows, as superuser", arguments: files)
        func superuser(file: String) async throws { try await attack(file, .superuser) }

        @Test("Nothing changes and nothing secret shows, as an ordinary owner", arguments: files)
        func owner(file: String) async throws { try await attack(file, .owner) }

        @Test("There are at least 300 hostile statements")
        func enough() throws {
            let count = try Self.files.reduce(0) { try $0 + SQLCorpus($1, in: Self.folder).statements.count }
            #expect(count >= 300)
        }

        private func attack(_ file: String, _ role: AttackRole) async throws {
            let server = try await AttackedServer.shared(role)
            let corpus = try SQLCorpus(file, in: Self.folder, values: server.values)
            var whole = try await server.world.whole()
            for (index, statement) in corpus.statements.enumerated() {
                try await Siege(server: server, statement: statement, file: file).run()
                if (index + 1).isMultiple(of: 50) || index == corpus.statements.count - 1 {
                    let now = try await server.world.whole()
                    let difference = World.difference(whole, now)
                    #expect(difference.isEmpty, "\(role), at or some statements before \(statement): \(difference)")
                    whole = now
                }
            }
        }
    }
}

/// One hostile statement against every door.
private struct Siege {
    let server: AttackedServer
    let statement: CorpusStatement
    let file: String

    private var database: String {
        statement.marks["on"] == "bent" ? AttackedServer.bentDatabase : AttackedServer.database
    }

    /// Whether an answer is no failure.
    private var mayAnswer: Bool {
        guard let roles = statement.marks["any"] else { return false }
        return roles.isEmpty || roles == server.role.rawValue
    }

    func run() async throws {
        let before = try await server.world.digest()
        let answer = try await call("query_database", ["query": .string(statement.sql)])
        if let problem = problem(of: answer) { record(problem) }
        let between = try await compare(before, "query_database")
        if statement.marks["once"] != nil { return }
        let condition = "EXISTS (\(statement.sql)\n)"
        let doors: [(String, JSONObject)] = [
            ("query_database", ["query": .string(statement.sql), "offset": 1]),
            ("execute_explain", ["query": .string(statement.sql), "analyze": true]),
            ("count_rows", ["table": "orders", "where": .string(condition)]),
            ("count_rows", ["table": "orders", "where": .string(statement.sql)]),
        ]
        for (tool, arguments) in doors {
            let answer = try await call(tool, arguments)
            if !answer.isError && !mayAnswer {
                record("\(tool) \(arguments.count > 1 ? "with its other arguments " : "")answered: \(answer.text)")
            }
        }
        // A plan without ANALYZE may be asked of a write too; it must not run anything.
        _ = try await call("execute_explain", ["query": .string(statement.sql)])
        _ = try await compare(between, "the other tools")
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

    /// The digest after; records what differs.
    private func compare(_ before: [String: String], _ door: String) async throws -> [String: String] {
        let after = try await server.world.digest()
        let difference = World.difference(before, after)
        if !difference.isEmpty { record("\(door) changed the world: \(difference)") }
        return after
    }

    private func record(_ problem: String) {
        Issue.record("\(server.role.rawValue), \(statement): \(statement.sql.prefix(400))\n\(problem.prefix(1500))")
    }

    /// What is wrong with the answer of `query_database`.
    private func problem(of answer: ToolResult) -> String? {
        guard answer.isError else { return mayAnswer ? nil : "it answered: \(answer.text)" }
        if mayAnswer { return nil }
        if !answer.text.hasPrefix("Refused: "), statement.marks["error"] != nil { return nil }
        guard let problem = Refusal.problem(in: answer.text, about: statement.sql, names: names) else { return nil }
        return problem + ": " + answer.text
    }

    /// One of these words has to stand in the refusal.
    private var names: [String] {
        if let names = statement.marks["names"] { return names.split(separator: "/").map(String.init) }
        return file.hasPrefix("functions") ? statement.name.split(separator: " ").prefix(1).map(String.init) : []
    }
}
