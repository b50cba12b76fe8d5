import MCPProtocol

/// Tools for the multi round-trip requests of 2026-07-28 (items 29 and 30); older clients can call them as well.
extension EverythingService {
    private static let prefix = "test_input_required_result_"

    /// - Returns: `nil` when the tool is another one's.
    func roundsTool(_ name: String, _ context: RequestContext) async throws -> ToolOutcome? {
        guard name.hasPrefix(Self.prefix) else { return nil }
        switch name.dropFirst(Self.prefix.count) {
        case "elicitation":
            return .text("Hello, \(field("name", try await context.elicit("user_name", Forms.name())))!")
        case "sampling":
            let answer = try await context.ask("capital_question", Forms.sampling("What is the capital of France?"))
            return .text(Self.text(answer))
        case "list_roots":
            return .text("Roots: \(Self.text(try await context.ask("client_roots", .roots)))")
        case "request_state": return stated(context, done: "state-ok")
        case "tampered_state": return stated(context, done: "The state came back as it was")
        case "multiple_inputs": return several(context)
        case "multi_round": return twice(context)
        case "capabilities": return .text(try await possible(context))
        default: return nil
        }
    }

    private func field(_ name: String, _ result: ElicitationResult) -> String {
        guard case .accept(let content) = result else { return "stranger" }
        return content[name]?.string ?? "stranger"
    }

    /// Asks once, and wants its state back.
    private func stated(_ context: RequestContext, done: String) -> ToolOutcome {
        guard context.answers["confirm"] != nil, context.state == ["asked": true] else {
            return .inputRequired(
                InputRequired([NamedQuestion("confirm", .form(Forms.confirmation))], state: ["asked": true]))
        }
        return .text(done)
    }

    /// Asks three things at once.
    private func several(_ context: RequestContext) -> ToolOutcome {
        let questions = [
            NamedQuestion("user_name", .form(Forms.name())),
            NamedQuestion("greeting", Forms.sampling("Generate a greeting", maxTokens: 50)),
            NamedQuestion("client_roots", .roots),
        ]
        let answers = questions.compactMap { context.answers[$0.key] }
        guard answers.count == questions.count else {
            return .inputRequired(InputRequired(questions, state: ["step": "several"]))
        }
        return .text(answers.map(Self.text).joined(separator: "; "))
    }

    /// Asks one thing, then another one.
    private func twice(_ context: RequestContext) -> ToolOutcome {
        guard case .elicitation(let name)? = context.answers["step1"] else {
            let form = Forms.name("Step 1: What is your name?")
            return .inputRequired(InputRequired([NamedQuestion("step1", .form(form))], state: ["step": 1]))
        }
        guard case .elicitation(let color)? = context.answers["step2"] else {
            let form = Forms.name("Step 2: What is your favorite color?", field: "color")
            return .inputRequired(InputRequired([NamedQuestion("step2", .form(form))], state: ["step": 2]))
        }
        return .text("\(field("name", name)) likes \(field("color", color))")
    }

    /// Asks everything that the client can answer.
    private func possible(_ context: RequestContext) async throws -> String {
        var questions: [NamedQuestion] = []
        let can = context.clientCapabilities
        if can.elicitation?.form == true { questions.append(NamedQuestion("user_name", .form(Forms.name()))) }
        if can.sampling != nil {
            questions.append(NamedQuestion("capital_question", Forms.sampling("What is the capital of France?")))
        }
        if can.roots { questions.append(NamedQuestion("client_roots", .roots)) }
        guard !questions.isEmpty else { return "This client can be asked nothing." }
        return try await context.ask(questions).map(Self.text).joined(separator: "; ")
    }
}
