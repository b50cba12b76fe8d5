import AuthTokens
import MCPProtocol

/// A JSON Web Token in its compact form (RFC 7515, section 7.1), taken apart and not believed.
struct SignedToken {
    /// The algorithm that the header names.
    let algorithm: String
    /// The key that the header names.
    let keyID: String?
    /// What the signature is of.
    let signed: ArraySlice<UInt8>
    /// The signature.
    let signature: [UInt8]
    private let encodedPayload: ArraySlice<UInt8>

    /// The longest token, in bytes.
    static let maximumBytes = 8192
    private static let limits = JSONLimits(maximumBytes: 8192, maximumDepth: 8, maximumStringBytes: 8192)
    /// Kinds of token that are no access tokens, such as `logout+jwt`, are told apart by this (RFC 8725, section 3.11).
    private static let types: Set<String> = ["jwt", "at+jwt", "application/at+jwt"]

    /// Takes a text apart; nil when it is no token that anybody could have signed for this server.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes else { return nil }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let signature = Base64URL.decode(parts[2]),
            !signature.isEmpty, let object = (try? JSONValue.parse(header, limits: Self.limits))?.object,
            let algorithm = object["alg"]?.string
        else { return nil }
        // Extensions that have to be understood are not; nor are keys that the token brings along or refers to.
        guard object["crit"] == nil, object["b64"] == nil else { return nil }
        if let type = object["typ"] {
            guard let type = type.string, Self.types.contains(type.lowercased()) else { return nil }
        }
        if let keyID = object["kid"] {
            guard let keyID = keyID.string, keyID.utf8.count <= SigningKeySet.longestID else { return nil }
            self.keyID = keyID
        } else {
            keyID = nil
        }
        self.algorithm = algorithm
        self.signature = signature
        signed = bytes[..<parts[1].endIndex]
        encodedPayload = parts[1]
    }

    /// The claims. To be read after the signature was found to be good.
    var claims: JSONObject? {
        guard let bytes = Base64URL.decode(encodedPayload) else { return nil }
        return (try? JSONValue.parse(bytes, limits: Self.limits))?.object
    }

    /// Whether a text looks like such a token, so that an issuer's keys are asked about it.
    static func isLikely(_ text: String) -> Bool {
        text.hasPrefix("eyJ") && text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }
}
