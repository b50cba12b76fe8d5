import HTTPTypes

/// What the head of a request shows of who sends it. Nothing of it is believed yet.
///
/// A token stands in `Authorization` only: one in the query would stand in logs and in the history of browsers (RFC 9700,
/// section 4.3.2), so that the query is never looked at. Where there is an `Authorization`, the cookie is not looked at: a
/// program says there what it wants to be, and a token that is refused is not made good by a cookie that happens to be sent.
enum ShownCredential: Equatable {
    /// Nothing.
    case nothing
    /// A text behind `Bearer`.
    case bearer(String)
    /// The cookie of a session.
    case session(String)
    /// Something that cannot be asked about: another scheme, two different ones.
    case unusable

    /// The longest text that is looked at, in bytes: JSON Web Tokens are the longest.
    static let maximumBytes = 8192

    init(_ fields: HTTPFields, isSecure: Bool) {
        let authorizations = fields[values: .authorization]
        if authorizations.isEmpty {
            switch SessionCookie.shown(fields, isSecure: isSecure) {
            case .nothing: self = .nothing
            case .ambiguous: self = .unusable
            case .secret(let secret): self = secret.utf8.count <= 256 ? .session(secret) : .unusable
            }
            return
        }
        guard authorizations.count == 1, let text = Self.bearer(authorizations[0]) else {
            self = .unusable
            return
        }
        self = .bearer(text)
    }

    /// The text behind the scheme, which is the same in any case (RFC 9110, section 11.1).
    private static func bearer(_ field: String) -> String? {
        let bytes = field.utf8
        guard bytes.count <= maximumBytes, let space = bytes.firstIndex(of: 0x20),
            bytes[..<space].map({ $0 | 0x20 }).elementsEqual("bearer".utf8)
        else { return nil }
        let text = bytes[space...].drop { $0 == 0x20 }
        // RFC 6750 allows fewer; tokens taken over from elsewhere may be of any visible characters.
        guard !text.isEmpty, text.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(text)
    }
}
