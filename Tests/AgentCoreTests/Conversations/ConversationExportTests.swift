import AgentModels
import AuthTokens
import MCPProtocol
import Testing

@testable import AgentCore

@Suite("The export of a conversation")
struct ConversationExportTests {
    private func export(_ messages: [StoredMessage], title: String = "Title") -> ConversationExport {
        let time = Timestamp(seconds: 1_700_000_000)
        let conversation = Conversation(
            id: "0123456789abcdef0123456789abcdef", owner: "ada", title: title, database: "shop", created: time,
            updated: time, messageCount: messages.count)
        let placed = messages.enumerated().map { index, message in
            var message = message
            message.index = index
            message.created = time
            return message
        }
        return ConversationExport(conversation, messages: placed)
    }

    private func result(_ value: JSONValue, text: String = "") -> StoredMessage {
        StoredMessage(
            message: ModelMessage(
                role: .user, parts: [.toolResult(ModelToolResult(callID: "1", name: "query_database", text: text))]),
            details: ["1": StoredResult(elapsedMs: 12.4, result: value)])
    }

    @Test("as Markdown has questions, answers, SQL and rows")
    func markdown() {
        let text = export([
            .said("How many?"),
            StoredMessage(
                message: ModelMessage(
                    role: .assistant,
                    parts: [
                        .thinking(ModelThinking(text: "hidden thought")),
                        .toolCall(
                            ModelToolCall(
                                id: "1", name: "query_database", arguments: ["query": "SELECT count(*)\nFROM t"])),
                    ])),
            result(["columns": [["name": "count", "type": "bigint"]], "rows": [["7"]], "warnings": ["Cut."]]),
            .said("There are **7**.", by: .assistant),
        ]).text(as: .markdown)
        #expect(
            text == """
                # Title

                - Database: shop
                - Begun: 2023-11-14T22:13:20Z
                - Last changed: 2023-11-14T22:13:20Z

                ## You, 2023-11-14T22:13:20Z

                > How many?

                ## Assistant, 2023-11-14T22:13:20Z

                **Call of query\\_database**

                ```sql
                SELECT count(*)
                FROM t
                ```

                **Result of query\\_database, 12 ms**

                | count |
                | --- |
                | 7 |

                *Cut\\.*

                ## Assistant, 2023-11-14T22:13:20Z

                > There are **7**.

                """)
    }

    @Test(
        "keeps each cell in its place",
        arguments: [
            ("a|b", "a\\|b"), ("a\\|b", "a\\\\\\|b"), ("a\nb", "a\\\\nb"), ("a\r\n| x |", "a\\\\r\\\\n\\| x \\|"),
            ("`|`", "\\`\\|\\`"), ("<img src=x>", "\\<img src\\=x\\>"),
            ("![x](http://e)", "\\!\\[x\\]\\(http\\://e\\)"),
            ("\u{1B}[31m", "\\\\u001b\\[31m"), ("\u{202E}x", "\\\\u202ex"), ("**b** _i_", "\\*\\*b\\*\\* \\_i\\_"),
        ])
    func cells(_ cell: String, _ shown: String) throws {
        let table = try #require(
            MarkdownText.table(["columns": [["name": .string(cell)], ["name": "n"]], "rows": [[.string(cell), 1]]]))
        #expect(table == ["| \(shown) | n |\n| --- | --- |\n| \(shown) | 1 |"])
    }

    @Test("gives a row as many cells as there are columns")
    func raggedRows() throws {
        let table = try #require(
            MarkdownText.table([
                "columns": [["name": "a"], ["name": "b"]], "rows": [[1], [1, 2, 3], [.null, ["x": "|"]]],
            ]))
        #expect(table == ["| a | b |\n| --- | --- |\n| 1 |  |\n| 1 | 2 |\n| *null* | \\{\"x\"\\:\"\\|\"\\} |"])
    }

    @Test("makes each fence longer than what is within", arguments: ["x", "```", "a````b\n```", "`"])
    func fences(_ text: String) {
        let lines = MarkdownText.fence(text).split(separator: "\n")
        let fence = String(lines.last ?? "")
        #expect(fence.allSatisfy { $0 == "`" } && fence.count >= 3)
        #expect(!text.contains(fence))
        #expect(lines.first == "\(fence)text")
    }

    static let said: [(String, String)] = [
        ("a <script> b", "> a &lt;script> b"), ("![pixel](https://evil/?q)", "> !\\[pixel](https://evil/?q)"),
        ("## You\n\nDo it", "> ## You\n> \n> Do it"), ("one\r\ntwo\rthree", "> one\n> two\n> three"),
        ("\u{1B}]0;x\u{7}", "> \\u001b]0;x\\u0007"),
        ("```sql\na <b\n```\n<b>", "> ```sql\n> a <b\n> ```\n> &lt;b>"),
        // No reader agrees with another on these: nothing in them passes for code.
        ("- ```\n<b>\n```", "> - ```\n> &lt;b>\n> ```"), ("  ```\n```\n<b>", ">   ```\n> ```\n> &lt;b>"),
        ("~~~\n```\n~~~\n<b>", "> ~~~\n> ```\n> ~~~\n> &lt;b>"), ("``` a`b\n<b>", "> ``` a`b\n> &lt;b>"),
        ("````\n```\n<i>\n````\n<b>", "> ````\n> ```\n> <i>\n> ````\n> &lt;b>"),
    ]

    @Test("quotes what was said, without markup that loads anything", arguments: said)
    func quotes(_ text: String, _ shown: String) {
        #expect(MarkdownText.quote(text) == shown)
    }

    @Test("shows invisible characters of SQL, and tells what is cut")
    func sqlAndLongResults() {
        let text = export([
            StoredMessage(
                message: ModelMessage(
                    role: .assistant,
                    parts: [
                        .toolCall(
                            ModelToolCall(id: "1", name: "x`y\n# z", arguments: ["query": "SELECT '\u{202E}```'"]))
                    ])),
            StoredMessage(
                message: ModelMessage(
                    role: .user,
                    parts: [
                        .toolResult(
                            ModelToolResult(callID: "1", name: "n", text: String(repeating: "y", count: 5000)))
                    ])),
        ]).text(as: .markdown)
        #expect(text.contains("**Call of x\\`y\\\\n\\# z**"))
        #expect(text.contains("````sql\nSELECT '⟨U+202E⟩```'\n````"))
        #expect(text.contains("*(cut; the export as JSON has all that is kept)*"))
        #expect(!text.contains(String(repeating: "y", count: 4001)))
    }

    @Test("as JSON is what the API shows, without what only a model's service understands")
    func json() throws {
        let text = export(everyKindOfMessage, title: "a\u{202E}b").text(as: .json)
        #expect(!text.unicodeScalars.dropLast().contains { PlainText.isControl($0) })
        let json = try JSONValue.parse(text)
        #expect(json["format"] == "postgres-agent/conversation" && json["version"] == 1 && json["database"] == "shop")
        #expect(json["messages"]?.array?.count == 4)
        #expect(json["messages"]?[2]?["parts"]?[0]?["result"]?["rows"] == [[1]])
        #expect(json["messages"]?[2]?["parts"]?[0]?["elapsedMs"] == 1.25)
        #expect(json["messages"]?[1]?["parts"]?[0] == ["type": "thinking", "text": ""])
        #expect(json["messages"]?[0]?["parts"]?[0]?["text"]?.string?.contains("\u{202E}") == true)
        #expect(!text.contains("signature") && json["owner"] == nil)
    }

    @Test("is the same read piece by piece", arguments: ConversationExport.Format.allCases)
    func pieces(_ format: ConversationExport.Format) async throws {
        let store = ConversationStores.memory()
        let large = result(.string(String(repeating: "y", count: 1_500_000)))
        let messages = everyKindOfMessage + [large, large] + (0..<70).map { .said("\($0)") }
        let made = try await store.begin(owner: "ada", title: "a|b", database: nil, with: messages)
        var pieces: [String] = []
        try await ConversationExport(made).write(as: format, from: store) { pieces.append($0) }
        let whole = ConversationExport(made, messages: try await store.messages(of: made.id, owner: "ada"))
        #expect(pieces.joined() == whole.text(as: format))
        #expect(pieces.count == messages.count + 2)
    }

    @Test(
        "has a plain name",
        arguments: [("Wie viele Bücher?", "wie-viele-b-cher.md"), ("../../etc", "etc.md"), ("?", "conversation.md")])
    func names(_ title: String, _ name: String) {
        #expect(export([], title: title).fileName(as: .markdown) == name)
    }

    @Test(
        "begins with a title of one line",
        arguments: [
            ("  a \n\t b ", "a b"), ("", "New conversation"), ("\u{202E}\u{0}", "New conversation"),
            (String(repeating: "x", count: 30), "xxxxxxxxx…"), ("123456789 x", "123456789…"),
            ("1234567890", "1234567890"),
        ])
    func titles(_ text: String, _ title: String) {
        #expect(ConversationTitle.of(text, length: 10) == title)
    }
}
