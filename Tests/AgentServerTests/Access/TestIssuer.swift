import AuthTokens
import CryptoExtras
import FoundationEssentials
import HTTPTypes
import Hummingbird
import JWTKit
import MCPProtocol
import NIOCore
import Synchronization
import TestSupport

/// A key of an issuer: what signs, and what is published of it.
struct IssuerKey: Sendable {
    let id: String
    let algorithm: String
    let signer: any JWTAlgorithm
    let published: JSONObject

    static func rsa(_ id: String, _ algorithm: String = "RS256", namesAlgorithm: Bool = true) async throws -> IssuerKey
    {
        let key = try Insecure.RSA.PrivateKey(backing: _RSA.Signing.PrivateKey(keySize: .bits2048))
        let (modulus, exponent) = try key.publicKey.getKeyPrimitives()
        let keys = JWTKeyCollection()
        if algorithm.hasPrefix("PS") {
            await keys.add(pss: key, digestAlgorithm: .sha256)
        } else {
            await keys.add(rsa: key, digestAlgorithm: .sha256)
        }
        var published: JSONObject = [
            "kty": "RSA", "use": "sig", "kid": .string(id), "n": .string(Base64URL.encode(modulus)),
            "e": .string(Base64URL.encode(exponent)),
        ]
        if namesAlgorithm { published["alg"] = .string(algorithm) }
        return IssuerKey(id: id, algorithm: algorithm, signer: try await keys.getKey(), published: published)
    }

    static func ec(_ id: String) async throws -> IssuerKey {
        let key = ES256PrivateKey()
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: key)
        func url(_ text: String?) -> JSONValue {
            .string((text ?? "").replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
        }
        let parameters = key.parameters
        return IssuerKey(
            id: id, algorithm: "ES256", signer: try await keys.getKey(),
            published: [
                "kty": "EC", "crv": "P-256", "kid": .string(id), "x": url(parameters?.x), "y": url(parameters?.y),
            ])
    }

    /// A token with this header, or parts of it replaced.
    func token(_ claims: JSONObject, header changes: JSONObject = [:]) throws -> String {
        var header: JSONObject = ["alg": .string(algorithm), "kid": .string(id), "typ": "at+jwt"]
        for (name, value) in changes { header[name] = value.isNull ? nil : value }
        let head = Base64URL.encode(JSONValue.object(header).serialized())
        let signed = head + "." + Base64URL.encode(JSONValue.object(claims).serialized())
        return signed + "." + Base64URL.encode(try signer.sign(Array(signed.utf8)))
    }
}

/// An OAuth issuer on a free port of this machine, with keys that change.
final class TestIssuer: Sendable {
    struct State: Sendable {
        var keys: [IssuerKey] = []
        /// What is answered instead of the keys.
        var body: String?
        var status = HTTPResponse.Status.ok
        var hangs = false
        var metadata: JSONObject = [:]
        /// The paths that were asked for.
        var asked: [String] = []
    }

    let state = Mutex(State())
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }
    var asked: [String] { state.withLock { $0.asked } }

    private init(port: Int) { self.port = port }

    func set(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }

    /// The claims of a good token of this issuer.
    func claims(_ scope: String = "db.read", _ changes: JSONObject = [:]) -> JSONObject {
        let now = Timestamp.now.seconds
        var claims: JSONObject = [
            "iss": .string(url), "aud": "https://agent.example.com/mcp", "sub": "248289761001",
            "exp": .integer(now + 300), "iat": .integer(now), "scope": .string(scope),
        ]
        for (name, value) in changes { claims[name] = value.isNull ? nil : value }
        return claims
    }

    private func answer(_ path: String) async throws -> Response {
        let state = self.state.withLock { state in
            state.asked.append(path)
            return state
        }
        if state.hangs { try await Task.sleep(for: .seconds(60)) }
        if path == "/jwks" {
            let keys: JSONValue = ["keys": .array(state.keys.map { .object($0.published) })]
            return Response(
                status: state.status, headers: [.location: "\(url)/elsewhere"],
                body: .init(byteBuffer: ByteBuffer(string: state.body ?? keys.description)))
        }
        guard path == "/.well-known/openid-configuration" else { throw HTTPError(.notFound) }
        var metadata: JSONObject = ["issuer": .string(url), "jwks_uri": .string(url + "/jwks")]
        for (name, value) in state.metadata { metadata[name] = value }
        return Response(
            status: .ok, body: .init(byteBuffer: ByteBuffer(string: JSONValue.object(metadata).description)))
    }

    /// Runs an issuer while `body` runs.
    static func run<Value: Sendable>(
        _ keys: [IssuerKey], _ body: @escaping @Sendable (TestIssuer) async throws -> Value
    ) async throws -> Value {
        let holder = Holder()
        let router = Router()
        for path in [
            "/jwks", "/elsewhere", "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
        ] {
            router.get(RouterPath(path)) { _, _ -> Response in
                guard let issuer = holder.issuer else { throw HTTPError(.serviceUnavailable) }
                return try await issuer.answer(path)
            }
        }
        return try await LocalServer.run(router) { port, _ in
            let issuer = TestIssuer(port: port)
            issuer.set { $0.keys = keys }
            holder.set(issuer)
            return try await body(issuer)
        }
    }

    private final class Holder: Sendable {
        private let box = Mutex<TestIssuer?>(nil)
        var issuer: TestIssuer? { box.withLock { $0 } }
        func set(_ issuer: TestIssuer) { box.withLock { $0 = issuer } }
    }
}
