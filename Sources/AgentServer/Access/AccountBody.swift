import AgentCore
import AuthTokens
import HTTPTypes
import Hummingbird
import MCPHTTP
import MCPProtocol
import NIOCore

/// The body of a request about accounts: a small JSON object. Its errors name members and never repeat values, which may be
/// passwords.
struct AccountBody {
    private let object: JSONObject

    /// The most bytes of a body: names, notes and lists of databases.
    static let maximumBytes = 256 << 10

    /// Collects and reads the body of a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - members: What may stand in it.
    ///   - isOptional: Whether there may be no body.
    /// - Throws: ``ProblemDetails``.
    static func read(
        _ request: Request, _ members: [String], isOptional: Bool = false
    ) async throws(ProblemDetails) -> AccountBody {
        var request = request
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: maximumBytes)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw tooLarge
        } catch {
            throw ProblemDetails(.badRequest, code: "body-incomplete", title: "The body did not arrive")
        }
        if isOptional, body.readableBytes == 0 { return AccountBody(object: JSONObject()) }
        // A form of another site cannot send this type, so that it can neither sign anybody in.
        guard request.headers[.contentType].map(MediaTypes.isJSON) == true, !request.headers.contains(.contentEncoding)
        else {
            throw ProblemDetails(
                .unsupportedMediaType, code: "unsupported-media-type", title: "The body has to be JSON",
                detail: "Content-Type must be application/json, in UTF-8 and not compressed.")
        }
        let limits = JSONLimits(maximumBytes: maximumBytes, maximumDepth: 4, maximumStringBytes: 64 << 10)
        // What is wrong with the text is not said: the message of the parser could quote it.
        guard let object = (try? JSONValue.parse(body.readableBytesView, limits: limits))?.object else {
            throw ProblemDetails(.badRequest, code: "malformed-json", title: "The body is not a JSON object")
        }
        if let unknown = object.keys.first(where: { !members.contains($0) }) {
            let nearest = NearestSpelling.of(unknown, among: members).map { "; did you mean \($0)?" } ?? "."
            throw invalid(
                "There is a member that is not known; the members are \(members.joined(separator: ", "))\(nearest)")
        }
        return AccountBody(object: object)
    }

    private static let tooLarge = ProblemDetails(
        .contentTooLarge, code: "body-too-large", title: "The body is too large",
        detail: "The body may have \(maximumBytes) bytes.")

    /// A request that is not as it must be.
    static func invalid(_ detail: String) -> ProblemDetails {
        ProblemDetails(
            .badRequest, code: "invalid-request", title: "The request is not as described", detail: detail)
    }

    /// Whether a member is there, be it null.
    func has(_ name: String) -> Bool { object[name] != nil }

    /// Whether a member is null.
    func isNull(_ name: String) -> Bool { object[name]?.isNull == true }

    /// A text; nil when it is missing.
    func text(_ name: String) throws(ProblemDetails) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw Self.invalid("\(name) must be a string.") }
        return text
    }

    /// A text that must be there.
    func required(_ name: String) throws(ProblemDetails) -> String {
        guard let text = try text(name) else { throw Self.invalid("\(name) is missing.") }
        return text
    }

    /// Texts; nil when they are missing or null.
    func texts(_ name: String) throws(ProblemDetails) -> [String]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let list = value.array, list.count <= 1000 else {
            throw Self.invalid("\(name) must be a list of strings.")
        }
        var texts: [String] = []
        for element in list {
            guard let text = element.string else { throw Self.invalid("\(name) must be a list of strings.") }
            texts.append(text)
        }
        return texts
    }

    /// Scopes; nil when they are missing.
    func scopes() throws(ProblemDetails) -> Set<Scope>? {
        guard let names = try texts("scopes") else { return nil }
        var scopes: Set<Scope> = []
        for name in names {
            guard let scope = Scope(rawValue: name) else {
                throw Self.invalid("scopes are of \(Scope.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            scopes.insert(scope)
        }
        return scopes
    }

    /// A span of time, such as `24h`; nil when it is missing.
    func span(_ name: String) throws(ProblemDetails) -> Duration? {
        guard let text = try text(name) else { return nil }
        guard let span = TimeSpan.parse(text) else { throw Self.invalid("\(name) must be \(TimeSpan.expectation).") }
        return span
    }

    /// When something ends: a span from now, a time, or `never` (a nil within); nil when it is missing.
    func expiry(_ name: String) throws(ProblemDetails) -> Timestamp?? {
        guard let text = try text(name) else { return nil }
        if text == "never" { return .some(nil) }
        if let span = TimeSpan.parse(text) { return .some(Timestamp.now + span) }
        guard let moment = Timestamp(text) else {
            throw Self.invalid("\(name) must be a span such as 90d, a time such as 2027-01-31T12:00:00Z, or never.")
        }
        return .some(moment)
    }
}
