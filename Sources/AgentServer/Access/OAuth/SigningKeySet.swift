import AuthTokens
import JWTKit
import MCPProtocol

/// The public keys of an issuer (RFC 7517), those that are for signatures and of an algorithm that is allowed.
///
/// The allowed algorithms are asymmetric ones. `none` is not among them, nor is any HMAC: who verifies with a key that is
/// public must not let anybody sign with it (RFC 8725, section 2.1).
struct SigningKeySet: Sendable {
    private struct Key: Sendable {
        let id: String?
        /// By the name of the algorithm.
        let verifiers: [String: any JWTAlgorithm]
    }

    /// The longest name of a key, in bytes.
    static let longestID = 256
    /// The most keys that are looked at.
    static let mostKeys = 100
    private static let rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    private static let curves = ["P-256": "ES256", "P-384": "ES384", "P-521": "ES512"]
    /// The algorithms that a token may be signed with.
    static let algorithms = Set(rsa + curves.values + ["EdDSA"])

    private let keys: [Key]

    /// How many keys can be used.
    var count: Int { keys.count }

    /// Whether a key of this name is there.
    func holds(_ id: String) -> Bool { keys.contains { $0.id == id } }

    /// What a signature may be checked with.
    ///
    /// - Parameters:
    ///   - id: The name of the key in the token's header; nil when it names none, which only a single key allows.
    ///   - algorithm: The algorithm in the token's header.
    func verifiers(_ id: String?, _ algorithm: String) -> [any JWTAlgorithm] {
        let fitting = keys.filter { id == nil || $0.id == id }.compactMap { $0.verifiers[algorithm] }
        return id == nil && fitting.count > 1 ? [] : Array(fitting.prefix(4))
    }

    /// Reads a set. Keys that are not understood are left out (RFC 7517, section 5).
    ///
    /// - Parameter object: The JSON of the set; nil is returned when it is none.
    init?(_ object: JSONObject) async {
        guard let entries = object["keys"]?.array else { return nil }
        var keys: [Key] = []
        for entry in entries.prefix(Self.mostKeys) {
            if let object = entry.object, let key = await Self.key(object) { keys.append(key) }
        }
        self.keys = keys
    }

    private static func key(_ object: JSONObject) async -> Key? {
        if let use = object["use"], use.string != "sig" { return nil }
        if let operations = object["key_ops"]?.array, !operations.contains("verify") { return nil }
        var id: String?
        if let value = object["kid"] {
            guard let text = value.string, text.utf8.count <= longestID else { return nil }
            id = text
        }
        let candidates: [String]
        switch object["kty"]?.string {
        case "RSA":
            // A shorter modulus is broken, a longer one costs time (RFC 7518, section 3.3).
            guard let modulus = bytes(object["n"]), (256...1024).contains(modulus.drop(while: { $0 == 0 }).count),
                let exponent = bytes(object["e"]), (1...8).contains(exponent.count)
            else { return nil }
            candidates = rsa
        case "EC":
            guard let name = object["crv"]?.string.flatMap({ curves[$0] }), bytes(object["x"]) != nil,
                bytes(object["y"]) != nil
            else { return nil }
            candidates = [name]
        case "OKP":
            guard object["crv"]?.string == "Ed25519", bytes(object["x"])?.count == 32 else { return nil }
            candidates = ["EdDSA"]
        default: return nil
        }
        var names = candidates
        if let algorithm = object["alg"] { names = candidates.filter { $0 == algorithm.string } }
        var verifiers: [String: any JWTAlgorithm] = [:]
        for name in names { verifiers[name] = await verifier(object, name) }
        return verifiers.isEmpty ? nil : Key(id: id, verifiers: verifiers)
    }

    /// The key for one algorithm. A collection of its own for each: one that holds a key without `alg` keeps the algorithm that
    /// it was first asked for.
    private static func verifier(_ object: JSONObject, _ name: String) async -> (any JWTAlgorithm)? {
        guard let algorithm = JWK.Algorithm(rawValue: name) else { return nil }
        let jwk: JWK
        switch object["kty"]?.string {
        case "RSA":
            jwk = .rsa(algorithm, identifier: "key", modulus: object["n"]?.string, exponent: object["e"]?.string)
        case "EC":
            jwk = .ecdsa(
                algorithm, identifier: "key", x: object["x"]?.string, y: object["y"]?.string,
                curve: object["crv"]?.string.flatMap { ECDSACurve(rawValue: $0) })
        default:
            jwk = .octetKeyPair(algorithm, identifier: "key", x: object["x"]?.string, y: nil, curve: .ed25519)
        }
        return try? await JWTKeyCollection().add(jwk: jwk).getKey(for: "key", alg: name)
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string, text.utf8.count <= 2048 else { return nil }
        return Base64URL.decode(text.utf8)
    }
}
