import AgentCore
import AuthTokens
import Hummingbird
import Logging
import MCPProtocol

/// What the resources of the API share: the agent, and how a request becomes a call on a database.
struct DatabaseDoor: Sendable {
    let agent: Agent
    /// Who may call; nil where nobody is asked.
    var accounts: Accounts?

    /// The most bytes of a body.
    var bodyLimit: Int { agent.configuration.http.maxBodyBytes }

    /// Somebody who asked for a write a while ago, as it is now: its token may have been revoked before the write was
    /// approved. Nil when it may do nothing any more, and nothing runs for it then.
    func current(_ principal: Principal) -> Principal? {
        guard let accounts else { return principal }
        return accounts.current(principal)
    }

    /// Whether a caller would still be let in with what it showed, and may still do all that it might then: its token may have
    /// been revoked since, or lost databases, and its session have ended.
    ///
    /// - Parameters:
    ///   - caller: The caller, as it was let in.
    ///   - begin: When that was.
    func stillHolds(_ caller: AuthenticatedCaller, since begin: ContinuousClock.Instant) -> Bool {
        guard let accounts else { return true }
        return accounts.standing().holds(caller, age: .now - begin)
    }

    /// The database that a request names.
    ///
    /// - Throws: ``ProblemDetails``: 404 with the nearest name, also for a database that the caller may not use.
    func database(_ values: APIValues, for caller: AuthenticatedCaller) throws(ProblemDetails) -> Database {
        do {
            return try agent.databases.database(named: values.text("database"), for: caller.principal)
        } catch {
            throw ProblemDetails(.databaseNotFound, error.message)
        }
    }

    /// Runs `body`, and makes problems of its failures.
    func calling<Value: Sendable>(
        _ database: Database, for caller: AuthenticatedCaller, logger: Logger, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let failure as QueryFailure {
            throw ProblemDetails(failure, on: database, for: caller, logger: logger)
        } catch let failure as StateFailure {
            logger.error(
                "an approval cannot be kept", metadata: ["error": "\(PlainText.escaped(failure.description))"])
            throw ProblemDetails(
                .approvalsUnavailable, "The approval cannot be kept, so nothing was run; the server's log says more.",
                fields: [.retryAfter: "5"])
        }
    }
}
