#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The rounds of questions of one 2026-07-28 request (items 29 and 30): what comes in with a retry, and the sealed state
/// that goes out.
struct Rounds: Sendable {
    var answers: [String: Answer] = [:]
    var state: JSONValue?
    var round = 0

    private static let ownMembers: Set<String> = ["_meta", "inputResponses", "requestState"]

    /// Nothing was asked yet.
    init() {}

    /// Reads `requestState` and `inputResponses`.
    ///
    /// - Throws: -32602 when the state was not made here for this caller, was changed or is too old. A state of another
    ///   request is no error: what was asked for it is asked again.
    init(method: String, params: JSONObject, server: MCPServer, caller: (any Sendable)?) throws(RPCError) {
        guard let value = params["requestState"] else { return }
        guard let text = value.string else { throw .invalidParams("params.requestState must be a string") }
        guard let sealer = server.options.sealer else { throw Self.refused }
        let sealed: JSONValue
        do {
            sealed = try JSONValue.parse(try sealer.unseal(text, caller: caller))
        } catch {
            throw Self.refused
        }
        guard let expiry = sealed["expires"]?.int, expiry >= Self.now(), let round = sealed["round"]?.int else {
            throw Self.refused
        }
        guard sealed["digest"] == Self.digest(method, params, sealer) else { return }
        self.round = round
        self.state = sealed["state"]
        let asked = Set((sealed["asked"]?.array ?? []).compactMap(\.string))
        do throws(WireError) {
            for (key, answer) in sealed["answers"]?.object ?? [:] { answers[key] = try Answer(any: answer, key: key) }
            let responses = try WireReader(params, path: "params").optionalObject("inputResponses") ?? [:]
            // Only what was asked is heard; the rest of what a client sends means nothing.
            for (key, response) in responses where asked.contains(key) {
                answers[key] = try Answer(any: response, key: key)
            }
        } catch {
            throw .invalidParams(error.description)
        }
    }

    private static var refused: RPCError { .invalidParams("params.requestState is not valid") }

    /// The members of an `input_required` result.
    func members(
        asking required: InputRequired, method: String, params: JSONObject, server: MCPServer, caller: (any Sendable)?
    ) throws(RPCError) -> JSONObject {
        guard let sealer = server.options.sealer else {
            throw .internalError("This server cannot ask anything: it has no key to seal the state of the request")
        }
        guard round < server.options.maximumRounds else {
            throw .internalError("The request asked more than \(server.options.maximumRounds) times")
        }
        var sealed: JSONObject = [
            "expires": .integer(Int64(Self.now()) + server.options.stateLifetime.components.seconds),
            "round": .integer(Int64(round + 1)), "digest": Self.digest(method, params, sealer),
            "asked": .array(required.questions.map { .string($0.key) }),
            "answers": .object(JSONObject(answers.map { ($0.key, $0.value.json(for: .july2026)) })),
        ]
        sealed["state"] = required.state
        var members: JSONObject = [:]
        if !required.questions.isEmpty {
            members["inputRequests"] = .object(
                JSONObject(required.questions.map { ($0.key, $0.question.inputRequest) }))
        }
        do {
            members["requestState"] = .string(
                try sealer.seal(JSONValue.object(sealed).serialized(), caller: caller))
        } catch {
            server.options.onError?(error, method)
            throw .internalError()
        }
        return members
    }

    /// The digest of the request without what differs between its rounds; the order of members does not matter.
    private static func digest(_ method: String, _ params: JSONObject, _ sealer: any RequestStateSealer) -> JSONValue {
        var request = params
        for key in ownMembers { request[key] = nil }
        let canonical = JSONValue.array([.string(method), .object(request)]).withSortedKeys.serialized()
        return .string(Base64.encode(sealer.digest(canonical)))
    }

    private static func now() -> Int { time(nil) }
}

extension JSONValue {
    /// The value with the members of every object in the order of their keys.
    var withSortedKeys: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withSortedKeys))
        case .object(let object):
            .object(
                JSONObject(
                    object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, $0.value.withSortedKeys) }))
        default: self
        }
    }
}
