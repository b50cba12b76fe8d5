import AgentModels
import AuthTokens
import Dispatch
import Foundation
import Logging
import MCPProtocol
import TestSupport
import Testing

@testable import AgentCore

@Suite("Turns that are killed")
struct KilledTurnTests {
    private typealias Step = ScriptedModel.Step

    private static let write = "INSERT INTO public.ledger VALUES ('once')"

    @Test(
        "A process is killed in mid-turn; the conversation is there, goes on, and no write ran twice",
        arguments: [("turn", 0), ("usage", 0), ("tool_call", 0), ("approval", 0), ("result", 1), ("text", 1)],
        [StoreKind.folder, .postgres])
    func killed(_ at: (moment: String, runs: Int), _ kind: StoreKind) async throws {
        let (moment, runs) = at
        let postgres = try PostgresFixture.shared()
        let database = try postgres.createDatabase("killed")
        try postgres.psql("CREATE TABLE public.ledger (entry text)", database: database)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("killed-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        try await ScriptedModel.serving([.query(Self.write), .text("Written.")]) { model, address in
            let file = try Self.configure(folder, postgres, database, address, kind)
            try await Self.kill(at: moment, file)
            #expect(try postgres.psql("SELECT count(*) FROM public.ledger", database: database) == "\(runs)")

            // Another process, on the same folder.
            let loaded = try ConfigurationLoader.load(environment: ["AGENTD_CONFIG": file])
            let agent = try Agent(
                configuration: loaded.configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let conversations = try await agent.conversations.list(owner: "local", search: nil, limit: 5, before: nil)
            let conversation = try #require(conversations.first)
            #expect(conversation.title == "Write it down")
            // It is in the store that was asked for, and in no other.
            let hasFile = FileManager.default.fileExists(atPath: folder.path + "/state/conversations.sqlite3")
            #expect(hasFile == (kind == .folder))
            model.replaceScript(.text("I looked before I wrote again."))
            let chat = try #require(try agent.chat)
            let end = try await chat.turn(
                ChatRequest(message: "And now?", conversation: conversation.id, caller: .local),
                approve: { _ in .approve }, onEvent: { _ in })
            // The service refuses what does not pair.
            #expect(end.reason == .answered)
            let messages = try await agent.conversations.messages(of: conversation.id, owner: "local")
            #expect(messages.first?.message.words == "Write it down")
            #expect(Spoken.isPaired(Transcript.paired(Array(messages.map(\.message).dropLast()))))
            if ["usage", "tool_call", "approval", "result"].contains(moment) {
                #expect(messages[2].message.results.map(\.text) == [Transcript.interrupted])
            }
            #expect(try postgres.psql("SELECT count(*) FROM public.ledger", database: database) == "\(runs)")
            await agent.shutdown()
        }
    }

    private static func configure(
        _ folder: URL, _ postgres: PostgresFixture, _ database: String, _ address: String, _ kind: StoreKind
    ) throws -> String {
        let store =
            if kind == .postgres {
                "postgres://\(postgres.superuser)@127.0.0.1:\(postgres.port)/\(try postgres.createDatabase("kept"))"
            } else {
                "sqlite"
            }
        let key = folder.appendingPathComponent("model.key")
        try Data(ScriptedModel.key.utf8).write(to: key)
        let file = folder.appendingPathComponent("agentd.yaml")
        try Data(
            """
            databases:
              - name: shop
                host: \(postgres.directory)
                port: \(postgres.port)
                database: \(database)
                user: \(postgres.superuser)
                allow_writes: true
            llm: { provider: anthropic, model: scripted, api_key_file: model.key, base_url: "\(address)" }
            state: { directory: state, store: "\(store)" }
            telemetry: { metrics_listen: "" }
            """.utf8
        ).write(to: file)
        for path in [key.path, file.path] {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        return file.path
    }

    /// Starts a turn in another process and kills that when it tells of an event.
    private static func kill(at moment: String, _ file: String) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try BuiltPrograms.path("turn-writer"))
        process.arguments = [file, "Write it down", moment]
        let pipe = Pipe()
        process.standardOutput = pipe
        let output = pipe.fileHandleForReading
        try process.run()
        let told: Bool = await withCheckedContinuation { continuation in
            DispatchQueue(label: "blocking").async {
                var text = ""
                while true {
                    let data = output.availableData
                    if data.isEmpty { return continuation.resume(returning: false) }
                    text += String(decoding: data, as: UTF8.self)
                    if text.split(separator: "\n").contains(Substring(moment)) {
                        return continuation.resume(returning: true)
                    }
                }
            }
        }
        #expect(told, "the turn ended before \(moment)")
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
