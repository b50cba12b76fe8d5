internal import PGConnector

/// Whether a database answers.
public enum DatabaseAnswer: String, Sendable, Hashable {
    /// It answered.
    case ok
    /// Every connection is in use by calls, so that nobody could ask it.
    case busy
    /// It did not answer, or not in time.
    case down
}

extension Database {
    /// Asks whether the database answers, with the least statement there is. It is the server's own question: no observer and
    /// no audit log hears of it.
    ///
    /// - Parameter patience: How long an answer is waited for.
    public func probe(within patience: Duration) async -> DatabaseAnswer {
        let client = client
        do {
            let answer = try await Deadline.run(within: patience) { () -> Bool in
                _ = try await client.execute("SELECT 1")
                return true
            }
            if answer == true { return .ok }
        } catch let error as PGError where error.code == .acquireTimeout || error.code == .poolFull {
            return .busy
        } catch {
            return .down
        }
        let pool = client.poolStatus
        return pool.inUse >= configuration.pool.max && pool.lastConnectError == nil ? .busy : .down
    }
}
