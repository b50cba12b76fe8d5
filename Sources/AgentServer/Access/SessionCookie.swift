import HTTPTypes

/// The cookie that holds the secret of a session.
///
/// Under TLS its name begins with `__Host-`, by which a browser keeps it to this host, to TLS, and to whoever set it over
/// TLS (RFC 6265bis, section 4.1.3.2): neither a neighbouring host nor a plain connection can plant one.
enum SessionCookie {
    /// What a request brings.
    enum Shown: Equatable {
        /// No such cookie.
        case nothing
        /// The text of one, from anybody.
        case secret(String)
        /// Two that differ: somebody planted one of them.
        case ambiguous
    }

    /// The name of the cookie.
    ///
    /// - Parameter isSecure: Whether the caller's own connection is encrypted.
    static func name(isSecure: Bool) -> String { isSecure ? "__Host-agent_session" : "agent_session" }

    /// `Set-Cookie` for a session that was begun.
    ///
    /// - Parameters:
    ///   - secret: The secret of the session.
    ///   - lifetime: How long the session lives at most.
    ///   - isSecure: Whether the caller's own connection is encrypted.
    static func set(_ secret: String, lifetime: Duration, isSecure: Bool) -> String {
        field(secret, age: lifetime.components.seconds, isSecure)
    }

    /// `Set-Cookie` that makes a browser forget the cookie.
    static func clear(isSecure: Bool) -> String { field("", age: 0, isSecure) }

    private static func field(_ value: String, age: Int64, _ isSecure: Bool) -> String {
        "\(name(isSecure: isSecure))=\(value); Path=/; Max-Age=\(age); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    /// The cookie of a request. Over HTTP/2 a browser may split its cookies over several fields.
    static func shown(_ fields: HTTPFields, isSecure: Bool) -> Shown {
        let name = name(isSecure: isSecure)
        var found: Substring?
        for field in fields[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " || $0 == "\t" }
                guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
                let value = pair[pair.index(after: equals)...]
                if let found, found != value { return .ambiguous }
                found = value
            }
        }
        guard let found, !found.isEmpty else { return .nothing }
        return .secret(String(found))
    }
}
