internal import AuthTokens
internal import PGConnector
internal import Synchronization

/// The statements that open transactions and test the catalog, prepared under names once for each connection: the server
/// then neither parses nor plans them anew for each query.
///
/// A name is a digest of the text, so that what is found under a name is the same text, whoever prepared it.
final class NamedStatements: Sendable {
    private struct State {
        var names: [String: String] = [:]
        var isOff: Bool
    }

    /// More texts than there can be: the conditions of a query are few.
    private static let maximumNames = 128

    private let state: Mutex<State>

    /// - Parameter isOff: whether names cannot be used at all, since sessions are not kept.
    init(isOff: Bool) { state = Mutex(State(isOff: isOff)) }

    /// Notes that a name was lost, or taken: something between here and the server gives out another server for each
    /// transaction. No name is used from then on.
    func giveUp() { state.withLock { $0.isOff = true } }

    /// The SQLSTATEs that tell so: `invalid_sql_statement_name`, `duplicate_prepared_statement`.
    static let lost: Set<String> = ["26000", "42P05"]

    /// Runs one of the agent's own statements, prepared under its name when that can be.
    func steps(
        _ sql: String, _ parameters: [PGParameter], on connection: PGConnection
    ) -> [PGPipelineStep] {
        guard let name = name(of: sql) else { return [.statement(sql, parameters)] }
        if connection.isPrepared(name) { return [.execute(name: name, parameters)] }
        return [.prepare(sql, name: name), .execute(name: name, parameters)]
    }

    private func name(of sql: String) -> String? {
        state.withLock { state in
            if state.isOff { return nil }
            if let name = state.names[sql] { return name }
            if state.names.count >= Self.maximumNames { state.names = [:] }
            let name = "agent_" + Digest.hexadecimal(Digest.sha256(sql.utf8).prefix(16))
            state.names[sql] = name
            return name
        }
    }
}
