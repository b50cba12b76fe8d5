import MCPProtocol

/// The forms that are asked.
enum Forms {
    static func name(_ message: String = "What is your name?", field: String = "name") -> ElicitationForm {
        ElicitationForm(message: message, fields: [.init(field, .string(), required: true)])
    }

    static let context = ElicitationForm(
        message: "Which context should the prompt use?", fields: [.init("context", .string(), required: true)])

    static let confirmation = ElicitationForm(
        message: "Please confirm", fields: [.init("ok", .boolean(), required: true)])

    /// A default in each kind of field (SEP-1034).
    static let defaults = ElicitationForm(
        message: "Please review the defaults",
        fields: [
            .init("name", .string(default: "John Doe"), description: "A text"),
            .init("age", .integer(default: 30), description: "An integer"),
            .init("score", .number(default: 95.5), description: "A number"),
            .init("status", .choice(["active", "inactive", "pending"], default: "active"), description: "A choice"),
            .init("verified", .boolean(default: true), description: "Yes or no"),
        ])

    /// Each way to write a choice (SEP-1330).
    static let choices: ElicitationForm = {
        let plain: [ElicitationForm.Option] = ["option1", "option2", "option3"]
        let titled: [ElicitationForm.Option] = [
            .init("value1", title: "First Option"), .init("value2", title: "Second Option"),
            .init("value3", title: "Third Option"),
        ]
        let named: [ElicitationForm.Option] = [
            .init("opt1", title: "Option One"), .init("opt2", title: "Option Two"),
            .init("opt3", title: "Option Three"),
        ]
        return ElicitationForm(
            message: "Please choose",
            fields: [
                .init("untitledSingle", .choice(plain), description: "One of some values"),
                .init("titledSingle", .choice(titled), description: "One of some values with titles"),
                .init("legacyEnum", .choice(named, style: .enumNames), description: "As before 2025-11-25"),
                .init("untitledMulti", .choices(plain), description: "Some of some values"),
                .init("titledMulti", .choices(titled), description: "Some of some values with titles"),
            ])
    }()

    static func sampling(_ prompt: String, maxTokens: Int = 100) -> Question {
        .sample(
            SamplingRequest(messages: [.init(role: .user, content: [.text(prompt)])], maxTokens: maxTokens))
    }
}

/// Tools that ask in the middle of their work, the same way in both eras.
extension EverythingService {
    /// - Returns: `nil` when the tool is another one's.
    func questionTool(
        _ name: String, _ reader: inout ArgumentReader, _ context: RequestContext
    ) async throws -> ToolResult? {
        switch name {
        case "test_sampling":
            let answer = try await context.ask("sampling", Forms.sampling(try reader.string("prompt")))
            return .text("LLM response: \(Self.text(answer))")
        case "test_missing_capability":
            guard context.clientCapabilities.sampling != nil else {
                throw RPCError.missingCapability(
                    ClientCapabilities(sampling: .init()), message: "This tool needs a client that can sample")
            }
            return .text("The client can sample.")
        case "test_elicitation":
            let form = ElicitationForm(
                message: try reader.string("message"),
                fields: [
                    .init("username", .string(), description: "Your name here", required: true),
                    .init("email", .string(format: "email"), description: "Your address", required: true),
                ])
            return Self.tell("User response", try await context.elicit("user", form))
        case "test_streaming_elicitation":
            await context.reportProgress(50, total: 100)
            guard context.clientCapabilities.elicitation?.form == true else { return .text("Streaming complete") }
            return Self.tell("Streaming complete", try await context.elicit("confirm", Forms.confirmation))
        case "test_elicitation_sep1034_defaults":
            return Self.tell("Elicitation completed", try await context.elicit("defaults", Forms.defaults))
        case "test_elicitation_sep1330_enums":
            return Self.tell("Elicitation completed", try await context.elicit("choices", Forms.choices))
        default: return nil
        }
    }

    static func text(_ answer: Answer) -> String {
        switch answer {
        case .sampling(let result): result.content.compactMap(\.text).joined(separator: " ")
        case .elicitation(.accept(let content)): JSONValue.object(content).description
        case .elicitation(.decline): "declined"
        case .elicitation(.cancel): "cancelled"
        case .roots(let roots): roots.map(\.uri).joined(separator: " ")
        }
    }

    private static func tell(_ what: String, _ result: ElicitationResult) -> ToolResult {
        switch result {
        case .accept(let content): .text("\(what): action=accept, content=\(JSONValue.object(content))")
        case .decline: .text("\(what): action=decline")
        case .cancel: .text("\(what): action=cancel")
        }
    }
}
