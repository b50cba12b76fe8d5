extension Database {
    /// Asks for the approval of a text that may change something, where the answer comes with another request.
    ///
    /// - Parameters:
    ///   - request: The text, and who wants it run.
    ///   - offset: The offset of the page that is wanted, which only a read has.
    /// - Returns: The question, held under the id of its approval; nil when the text only reads, or the database allows no
    ///   writes and `query` refuses it.
    /// - Throws: ``QueryFailure`` when it would be refused even with an approval; ``StateFailure`` when the question cannot be
    ///   kept.
    package func heldQuestion(_ request: WriteRequest, offset: Int) async throws -> ApprovalQuestion? {
        let start = ContinuousClock.now
        guard let question = try await approvalQuestion(request) else { return nil }
        do {
            if offset > 0 { throw QueryFailure.invalidArgument("offset pages through a read; a write has no pages.") }
            _ = try await desk.hold(question, askedBy: request.origin.principal)
        } catch {
            await reportRefusal(of: request, .wrapping(error, sql: "", database: name), since: start)
            throw error
        }
        await reportAsked(request, question, since: start)
        return question
    }
}
