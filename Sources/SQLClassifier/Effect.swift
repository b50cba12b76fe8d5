/// What a statement does to the world outside its own result.
///
/// Only ``read`` can be run on a read-only connection. The order of the cases is the order of declaration, not of danger.
public enum Effect: String, Sendable, CaseIterable {
    /// Reads tables and settings and changes nothing, as far as the text of the statement tells.
    case read
    /// Changes or locks rows: INSERT, UPDATE, DELETE, MERGE, SELECT … FOR UPDATE.
    case write
    /// Creates, alters or drops objects, or creates a table from a query.
    case ddl
    /// Changes the state of the session: SET, PREPARE, LISTEN, DECLARE, LOCK.
    case session
    /// Opens, ends or steers a transaction.
    case transaction
    /// Runs code or a prepared statement: DO, CALL, EXECUTE.
    case procedural
    /// Maintains the server: VACUUM, ANALYZE, CHECKPOINT, LOAD.
    case maintenance
    /// Moves data in or out: COPY.
    case copy
    /// Not understood, and so treated as the worst.
    case unknown
}
