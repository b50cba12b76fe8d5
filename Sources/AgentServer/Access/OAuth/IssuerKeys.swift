import AgentCore
import AuthTokens
import JWTKit
import Logging
import MCPProtocol

/// The keys of an issuer, kept and renewed.
///
/// A set is used for ten minutes; after that it is renewed beside the requests, and used for at most an hour more when the
/// issuer does not answer. A key that is not known makes the set be fetched again at once, but not more than once in half a
/// minute: whoever sends tokens with invented keys cannot make this server call the issuer at will.
actor IssuerKeys {
    /// What can be said of a key.
    enum Finding: Sendable {
        case verifiers([any JWTAlgorithm])
        /// The issuer publishes no such key.
        case unknown
        /// No keys can be had for the moment.
        case unavailable
    }

    /// When what is done.
    struct Timing: Sendable {
        var freshFor: Duration = .seconds(600)
        var usedFor: Duration = .seconds(4200)
        var betweenFetches: Duration = .seconds(30)
    }

    private let configuration: HTTPConfiguration.OAuthConfiguration
    private let download: JSONDownload
    private let timing: Timing
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var keys: SigningKeySet?
    private var fetched: ContinuousClock.Instant?
    private var tried: ContinuousClock.Instant?
    /// One at a time; it belongs to no single request, so that one that is cancelled does not end it for the others.
    private var fetching: Task<Void, Never>?
    private var wasReported = false

    /// - Parameters:
    ///   - configuration: Names the issuer.
    ///   - download: Fetches.
    ///   - timing: When what is done.
    ///   - clock: Tells the time.
    ///   - logger: Is told when the keys cannot be had.
    init(
        _ configuration: HTTPConfiguration.OAuthConfiguration, download: JSONDownload = JSONDownload(),
        timing: Timing = Timing(), clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, logger: Logger
    ) {
        self.configuration = configuration
        self.download = download
        self.timing = timing
        self.clock = clock
        self.logger = logger
    }

    /// What a signature may be checked with.
    ///
    /// - Parameters:
    ///   - id: The name of the key in the token's header.
    ///   - algorithm: The algorithm in the token's header.
    func find(_ id: String?, _ algorithm: String) async -> Finding {
        if let known = known(id, algorithm) {
            if age.map({ $0 >= timing.freshFor }) ?? true { beginFetching() }
            return known
        }
        beginFetching()
        // Whoever comes while one is under way waits for it.
        if let fetching { await fetching.value }
        return known(id, algorithm) ?? (usable == nil ? .unavailable : .unknown)
    }

    private var age: Duration? { fetched.map { $0.duration(to: clock()) } }
    private var usable: SigningKeySet? { age.map { $0 < timing.usedFor } == true ? keys : nil }

    private func known(_ id: String?, _ algorithm: String) -> Finding? {
        guard let verifiers = usable?.verifiers(id, algorithm), !verifiers.isEmpty else { return nil }
        return .verifiers(verifiers)
    }

    private func beginFetching() {
        guard fetching == nil else { return }
        if let tried, tried.duration(to: clock()) < timing.betweenFetches { return }
        tried = clock()
        fetching = Task {
            await fetch()
            fetching = nil
        }
    }

    private func fetch() async {
        do throws(IssuerFailure) {
            // All of it together, so that no request waits for one slow address after the other.
            let end = ContinuousClock.now + download.patience
            let url = try await address(until: end)
            let object: JSONObject
            do throws(JSONDownload.Failure) {
                object = try await self.object(at: url, until: end)
            } catch {
                throw IssuerFailure(what: "jwks", why: error.description)
            }
            guard let set = await SigningKeySet(object), set.count > 0 else {
                throw IssuerFailure(what: "jwks", why: "it holds no key that can be used")
            }
            keys = set
            fetched = clock()
            if wasReported { logger.notice("the keys of the OAuth issuer are there again") }
            wasReported = false
        } catch {
            logger.log(
                level: wasReported ? .debug : .error, "the keys of the OAuth issuer cannot be had",
                metadata: ["of": "\(error.what)", "error": "\(error.why)"])
            wasReported = true
        }
    }

    private struct IssuerFailure: Error {
        let what: String
        let why: String
    }

    /// Where the keys are: as configured, or as the issuer's metadata say (RFC 8414, section 3; OpenID Connect Discovery 1.0,
    /// section 4).
    private func address(until end: ContinuousClock.Instant) async throws(IssuerFailure) -> String {
        if let url = configuration.jwksURL { return url }
        var why = "no metadata"
        for url in Self.metadataAddresses(configuration.issuer ?? "") {
            do throws(JSONDownload.Failure) {
                let metadata = try await object(at: url, until: end)
                // Metadata that speak of another issuer must not be used (RFC 8414, section 3.3).
                guard metadata["issuer"]?.string == configuration.issuer else {
                    why = "the metadata are of another issuer"
                    continue
                }
                guard let keys = metadata["jwks_uri"]?.string else {
                    why = "the metadata name no jwks_uri"
                    continue
                }
                return keys
            } catch {
                why = error.description
            }
        }
        throw IssuerFailure(what: "metadata", why: why)
    }

    private func object(
        at url: String, until end: ContinuousClock.Instant
    ) async throws(JSONDownload.Failure) -> JSONObject {
        let rest = ContinuousClock.now.duration(to: end)
        guard rest > .zero else { throw .tooSlow }
        var download = download
        download.patience = rest
        return try await download.object(at: url)
    }

    /// Where an issuer's metadata may be: the well-known part stands before its path, or, as OpenID Connect had it first, after.
    static func metadataAddresses(_ issuer: String) -> [String] {
        guard let schemeEnd = issuer.firstRange(of: "://")?.upperBound else { return [] }
        let slash = issuer[schemeEnd...].firstIndex(of: "/") ?? issuer.endIndex
        let origin = issuer[..<slash]
        var path = issuer[slash...]
        if path.hasSuffix("/") { path = path.dropLast() }
        var addresses = [
            "\(origin)/.well-known/oauth-authorization-server\(path)",
            "\(origin)/.well-known/openid-configuration\(path)",
        ]
        if !path.isEmpty { addresses.append("\(origin)\(path)/.well-known/openid-configuration") }
        return addresses
    }
}
