import CLibPQ
import Synchronization

extension PGConnection {
    /// Computes, on this machine, what the server keeps instead of a password (`SCRAM-SHA-256$…`), so that the password
    /// itself is in no statement and in no log of the server.
    ///
    /// - Parameters:
    ///   - password: The password; libpq prepares it as RFC 4013 says.
    ///   - role: The role that it is for.
    /// - Returns: The verifier, for `PASSWORD '…'`: ASCII without quotes.
    /// - Throws: ``PGError`` when libpq cannot, or the connection is closed.
    public func scramVerifier(password: String, role: String) throws -> String {
        guard !password.utf8.contains(0), !role.utf8.contains(0) else {
            throw PGError(.invalidArgument, "A password or a role contains a NUL character.")
        }
        return try session.scramVerifier(password: password, role: role)
    }
}

extension PGSession {
    /// With the algorithm named libpq asks the server nothing.
    fileprivate func scramVerifier(password: String, role: String) throws -> String {
        let verifier: String? = state.withLock { state in
            guard let connection = state.connection else { return nil }
            guard let text = PQencryptPasswordConn(connection.raw, password, role, "scram-sha-256") else { return nil }
            defer { PQfreemem(text) }
            return String(cString: text)
        }
        guard let verifier else { throw PGError(.unsupported, "The password's verifier could not be computed.") }
        return verifier
    }
}
