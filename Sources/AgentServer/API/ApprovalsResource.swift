import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import Logging
import MCPProtocol

/// `POST /approvals/{id}`: the answer to the question about a write.
struct ApprovalsResource: APIResource {
    let door: DatabaseDoor
    let turns: ChatTurns

    private static let members: [APIField] = [
        APIField(
            name: "decision", kind: .choice(Decision.allCases.map(\.rawValue)),
            description: "Whether the statement may run, as it was shown. Either is final.", isRequired: true,
            example: "decline")
    ]
    private static let id = APIField(
        name: "id", kind: .text(atLeast: 1, atMost: 64), description: "The `id` of the approval.", isRequired: true)

    var operations: [APIOperation] {
        [
            APIOperation(
                method: .post, path: "/approvals/{id}", id: "answerApproval", tag: "statements",
                summary: "Approve or decline a write",
                description:
                    "For the signed-in person who asked, or a token with the scope `approve`, which no token has "
                    + "unless it was given; a question of the chat may be declined by whoever asked. An approved write runs at once and is answered with what it did; an approval "
                    + "is good once, for five minutes, for exactly what was shown. The answer to a question of the chat is "
                    + "handed to its turn, which runs the write.",
                access: .caller([]), pathParameters: [Self.id], body: Self.members,
                answers: [
                    APIAnswer(
                        description: "What the write did, or that nothing was run.",
                        schema: ["$ref": "#/components/schemas/Decision"])
                ],
                problems: ProblemKind.ofDatabase.filter { $0 != .databaseNotFound } + ProblemKind.ofStatement + [
                    .insufficientScope, .approvalNotFound, .approvalExpired, .approvalUsed, .outcomeUnknown,
                    .notRecorded, .approvalsUnavailable,
                ], handler: answer)
        ]
    }

    @Sendable
    private func answer(_ original: Request, _ context: AgentRequestContext) async throws -> Response {
        let caller = try context.requireCaller(holding: [])
        let approver = Approver(caller)
        var request = original
        let values = try await APIBody.read(&request, Self.members, upTo: door.bodyLimit)
        guard let decision = Decision(rawValue: try values.required("decision")) else {
            throw ProblemDetails(.invalidRequest, "There is no such decision.")
        }
        let id = context.parameters.get("id") ?? ""
        let turn = turns.turn(asking: id)
        // A program that holds a token must not approve what it asked for itself, unless an operator said so. To decline that takes
        // no right: it would only have to wait until the question expires.
        let isOwnDecline = decision == .decline && turn?.caller.id == caller.principal.id
        if case .token = approver, !isOwnDecline, !caller.principal.may(.approve) {
            throw ProblemDetails.lacks(.approve, needs: [.approve])
        }
        if let turn, let turnID = turn.id {
            do {
                try turn.answer(id, decision, by: approver, tokenID: caller.tokenID)
            } catch {
                throw Self.problem(error)
            }
            return APIReply.json(["decision": .string(decision.rawValue), "turn": .string(turnID)])
        }
        let held = try await decided(id, decision, by: approver, context)
        guard let database = door.agent.databases.databases.first(where: { $0.name == held.approval.database }) else {
            throw ProblemDetails(.approvalNotFound, "The database is not configured any more.")
        }
        // It runs for whoever asked; with whose credential it was approved goes on record beside that.
        var origin = context.origin(caller, request)
        if held.approval.principal != caller.principal.id { origin.principal = held.asker.flatMap(door.current) }
        let write = held.request(origin: origin)
        if decision == .decline {
            let failure = await database.decline(write, approval: held.approval)
            return APIReply.json([
                "decision": "decline", "database": .string(database.name), "detail": .string(failure.description),
            ])
        }
        return await DisconnectCancellation.answer(request, logger: context.logger) { [door] in
            try await door.calling(database, for: caller, logger: context.logger) {
                APIReply.json(ResultAnswer.json(try await database.write(write, approval: held.approval)))
            }
        }
    }

    private static func problem(_ error: ApprovalError) -> ProblemDetails {
        let kind = ProblemKind(error)
        return ProblemDetails(
            kind,
            kind == .approvalNotFound
                ? "There is no approval of this id for this caller, or it was answered already. Nothing was run."
                : "\(error.description) Nothing was run.")
    }

    private func decided(
        _ id: String, _ decision: Decision, by approver: Approver, _ context: AgentRequestContext
    ) async throws -> HeldWrite {
        do {
            switch try await door.agent.approvals.answer(id, decision, by: approver) {
            case .approved(let held), .declined(let held): return held
            }
        } catch let error as ApprovalError {
            throw Self.problem(error)
        } catch let failure as StateFailure {
            context.logger.error(
                "an approval cannot be read", metadata: ["error": "\(PlainText.escaped(failure.description))"])
            throw ProblemDetails(
                .approvalsUnavailable, "The approval cannot be read, so nothing was run; the server's log says more.",
                fields: [.retryAfter: "5"])
        }
    }
}

extension Approver {
    /// What a caller of the API is to a question about a write: a person only with a signed-in session and its proof.
    init(_ caller: AuthenticatedCaller) {
        if case .session = caller.credential {
            self = .person(caller.principal)
        } else {
            self = .token(caller.principal)
        }
    }
}
