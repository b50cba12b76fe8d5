import Foundation
import MCPProtocol
import Testing

/// A folder with a configuration in it that names the files of accounts.
@discardableResult
func withAccounts<R>(_ body: (Installation) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("agentctl-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
        atPath: folder + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = """
        databases: [{ name: shop, host: localhost }]
        http: { auth: { token_file: t.yaml, user_file: u.yaml } }
        state: { directory: state }
        secret_file: secret.key

        """
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/agentd.yaml"))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + "/agentd.yaml")
    return try await body(Installation(folder: folder))
}

struct Installation {
    let folder: String

    func run(_ arguments: String..., input: String = "") async throws -> Program.Outcome {
        try await Program.run("agentctl", arguments + ["--config", folder + "/agentd.yaml"], input: input)
    }

    func json(_ arguments: String...) async throws -> JSONValue {
        let outcome = try await Program.run("agentctl", arguments + ["--json", "--config", folder + "/agentd.yaml"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONValue.parse(Array(outcome.output.utf8))
    }

    /// Runs agentctl at a terminal, typing each answer when its prompt is there; what the terminal showed comes back.
    func atTerminal(_ arguments: [String], _ answers: [(prompt: String, answer: String)]) async throws
        -> Program.Outcome
    {
        let script = """
            import json, os, pty, sys
            program, *arguments = sys.argv[1:]
            answers = [(prompt.encode(), answer.encode()) for prompt, answer in json.load(sys.stdin)]
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(program, [program] + arguments)
            shown, position = b"", 0
            while True:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
                if answers and answers[0][0] in shown[position:]:
                    position = len(shown)
                    os.write(terminal, answers.pop(0)[1] + b"\\r")
            sys.stdout.buffer.write(shown)
            sys.stdout.flush()
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let program = Program.process("agentctl", []).executableURL?.path ?? ""
        // Not as arguments: a list of processes would show them.
        let typed = answers.map { JSONValue.array([.string($0.prompt), .string($0.answer)]) }
        return try await Program.run(
            executable: "/usr/bin/env",
            ["python3", "-c", script, program] + arguments + ["--config", folder + "/agentd.yaml"],
            input: JSONValue.array(typed).description)
    }
}
