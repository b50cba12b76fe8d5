/// What would become of a text on a database, for somebody who still writes it.
package enum GuardDecision: Sendable {
    /// It is a read, and would run.
    case runs
    /// It may change something: a person would be asked.
    case asks(kinds: [String], warnings: [String])
    /// It would be refused.
    case refused(QueryFailure)
}

extension Database {
    /// Decides without running or planning anything of the text; the catalog is read for it.
    ///
    /// - Parameter request: The text, and who would ask for it.
    package func decision(about request: WriteRequest) async -> GuardDecision {
        do throws(QueryFailure) {
            if case .write(let proposed) = try await course(request) {
                return .asks(
                    kinds: proposed.plan.kinds,
                    warnings: WriteWarnings.of(
                        proposed.plan, refused: proposed.refused, readsSecrets: proposed.readsSecrets)
                        + (try await warningsOfCatalog(proposed)))
            }
            // Where writes are allowed the guard has looked already; everywhere else everything is left to the query.
            if configuration.allowWrites { return .runs }
            guard let failure = try await vet(request.sql, for: request.origin).failure else { return .runs }
            return .refused(failure)
        } catch {
            return .refused(error)
        }
    }
}
