import AgentCore
public import AuthTokens
public import Logging
public import ServiceLifecycle

/// Keeps the accounts current while a server runs: files that changed are read again within a second, last uses are written
/// once a minute and at the end.
///
/// A file that is broken changes nothing, and is reported once.
public struct AccountsUpkeep: Service {
    private let accounts: Accounts
    private let logger: Logger
    private let onProblem: @Sendable (AccountError) -> Void

    /// - Parameters:
    ///   - accounts: The accounts.
    ///   - logger: Is told of what is wrong.
    ///   - onProblem: Is told as well, for metrics and readiness.
    public init(
        _ accounts: Accounts, logger: Logger, onProblem: @escaping @Sendable (AccountError) -> Void = { _ in }
    ) {
        self.accounts = accounts
        self.logger = logger
        self.onProblem = onProblem
    }

    /// Runs until the task is cancelled or the service is to end.
    public func run() async {
        await cancelWhenGracefulShutdown {
            await accounts.run { problem in
                logger.error(
                    "a file of accounts was not taken over; what was read before goes on to hold",
                    metadata: ["error": "\(PlainText.escaped(problem.description))"])
                onProblem(problem)
            }
        }
    }
}
