import AgentModels
import MCPProtocol
import Testing

@testable import AgentCore

@Suite("What is left out of what is kept of a conversation")
struct SecretShapesTests {
    private static let digits = "0123456789abcdefghijABCDEFGHIJ0123456789abc"
    private static let pem = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEow\\n-----END RSA PRIVATE KEY-----"

    @Test(
        "is a token, a key or a password by its shape",
        arguments: [
            ("use pga_\(digits)_1a2b3c now", "use *** now"), ("sk-ant-api03-\(digits)", "***"),
            ("'sk-proj-\(digits)'", "'***'"), ("AKIAIOSFODNN7EXAMPLE.", "***."), ("ghp_\(digits)", "***"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1 x", "*** x"), ("a \(pem) b", "a *** b"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),
            ("postgres://app:hunter2@host/db", "postgres://app:***@host/db"),
            ("SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy", "***"), ("password=hunter2", "password=***"),
        ])
    func shapes(_ text: String, _ kept: String) {
        #expect(ConversationMask.masked(text: text) == kept)
        #expect(ConversationTitle.of(text) == kept)
    }

    @Test(
        "is nothing that only looks a little like one",
        arguments: [
            "task-0123456789abcdefghij", "sk-learn", "sk-a-long-list-of-words-without-any", "pga_1", "AKIA",
            "eyJ is no token", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "risk-management-2024-plan-of-all",
        ])
    func words(_ text: String) {
        #expect(ConversationMask.masked(text: text) == text)
    }

    @Test("takes linear time", arguments: ["-----BEGIN ", "eyJ", "sk-", "-----BEGIN PRIVATE KEY-----"])
    func linear(_ piece: String) {
        let text = String(repeating: piece, count: 20_000)
        #expect(ConversationMask.masked(text: text).utf8.count <= text.utf8.count)
    }

    private static let answer = """
        2 rows.
        <untrusted-data-7>
        id\tPassword_Hash\ttokens_used\tapi_key\tnote
        1\t$2b$12$abc\t12345\t\\N\tplain
        2\t\t7\tk3y\tplain
        </untrusted-data-7>
        id\tpassword
        """

    @Test("are the values of columns that are called like secrets, in the text for the model")
    func columns() {
        let message = ModelMessage(
            role: .user,
            parts: [.toolResult(ModelToolResult(callID: "1", name: ChatTools.query, text: Self.answer))])
        #expect(
            ConversationMask.masked(message).results.first?.text == """
                2 rows.
                <untrusted-data-7>
                id\tPassword_Hash\ttokens_used\tapi_key\tnote
                1\t***\t12345\t\\N\tplain
                2\t\t7\t***\tplain
                </untrusted-data-7>
                id\tpassword
                """)
    }

    @Test("are the same values in the rows for the page")
    func rows() {
        let columns = ["id", "Password_Hash", "tokens_used", "private_key", "note"]
        let kept = StoredRows.kept(
            [
                "columns": .array(columns.map { ["name": .string($0)] }),
                "rows": [[1, "$2b$12$abc", 12345, ["a"], "plain"], [2, .null, "99999", 4711, true]],
            ], offset: 0)
        #expect(
            kept["rows"] == [[1, "***", 12345, "***", "plain"], [2, .null, "99999", "***", true]])
    }
}
