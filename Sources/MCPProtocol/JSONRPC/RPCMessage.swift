/// A request: it has an id and is answered.
public struct RPCRequest: Sendable, Hashable {
    /// The id, echoed by the answer.
    public var id: RequestID
    /// The method.
    public var method: String
    /// The parameters.
    public var params: JSONObject?

    /// A request.
    public init(id: RequestID, method: String, params: JSONObject? = nil) {
        self.id = id
        self.method = method
        self.params = params
    }
}

/// A notification: it has no id and is never answered.
public struct RPCNotification: Sendable, Hashable {
    /// The method.
    public var method: String
    /// The parameters.
    public var params: JSONObject?

    /// A notification.
    public init(method: String, params: JSONObject? = nil) {
        self.method = method
        self.params = params
    }
}

/// The answer to a request.
public struct RPCResponse: Sendable, Hashable {
    /// The id of the request; `nil` when it could not be read (item 2).
    public var id: RequestID?
    /// The result or the error.
    public var outcome: Result<JSONValue, RPCError>

    /// An answer.
    public init(id: RequestID?, _ outcome: Result<JSONValue, RPCError>) {
        self.id = id
        self.outcome = outcome
    }
}

/// A message of JSON-RPC 2.0.
public enum RPCMessage: Sendable, Hashable {
    /// A request.
    case request(RPCRequest)
    /// A notification.
    case notification(RPCNotification)
    /// An answer.
    case response(RPCResponse)

    /// The message on the wire.
    public var json: JSONValue {
        var object: JSONObject = ["jsonrpc": "2.0"]
        switch self {
        case .request(let request):
            object["id"] = request.id.json
            object["method"] = .string(request.method)
            object["params"] = request.params.map { .object($0) }
        case .notification(let notification):
            object["method"] = .string(notification.method)
            object["params"] = notification.params.map { .object($0) }
        case .response(let response):
            object["id"] = response.id?.json
            switch response.outcome {
            case .success(let result): object["result"] = result
            case .failure(let error): object["error"] = error.json
            }
        }
        return .object(object)
    }

    /// The bytes on the wire, one line without its end.
    public var bytes: [UInt8] { json.serialized() }
}

/// A text that is no message, with the answer that its sender gets.
public struct MalformedMessage: Error, Sendable, Hashable {
    /// The id, when it could be read.
    public var id: RequestID?
    /// What is wrong.
    public var error: RPCError

    /// The answer.
    public var response: RPCResponse { RPCResponse(id: id, .failure(error)) }
}

/// One text of the wire, read.
public enum RPCInbound: Sendable, Hashable {
    /// A message.
    case message(RPCMessage)
    /// A batch, not empty.
    case batch([Result<RPCMessage, MalformedMessage>])
    /// Neither.
    case malformed(MalformedMessage)

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - limits: bounds on size and nesting.
    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) {
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            self = .malformed(
                MalformedMessage(
                    id: nil, error: RPCError(code: RPCError.parseError, message: "Parse error: \(error)")))
            return
        }
        if case .array(let elements) = value {
            self =
                elements.isEmpty
                ? .malformed(MalformedMessage(id: nil, error: .invalidRequest("Invalid Request: an empty batch")))
                : .batch(elements.map { element in Result { () throws(MalformedMessage) in try Self.read(element) } })
            return
        }
        do throws(MalformedMessage) {
            self = .message(try Self.read(value))
        } catch {
            self = .malformed(error)
        }
    }

    private static func read(_ value: JSONValue) throws(MalformedMessage) -> RPCMessage {
        guard let object = value.object else {
            throw refused(nil, "a message is an object, but this is \(value.typeName)")
        }
        let idValue = object["id"]
        let id = idValue.flatMap { RequestID($0) }
        guard object["jsonrpc"] == .string("2.0") else { throw refused(id, "jsonrpc must be \"2.0\"") }
        guard let methodValue = object["method"] else { return try readResponse(object, id: id) }
        guard let method = methodValue.string else { throw refused(id, "method must be a string") }
        if object["result"] != nil || object["error"] != nil {
            throw refused(id, "a message has either a method or a result")
        }
        if idValue != nil, id == nil { throw refused(nil, "id must be a string or an integer") }
        if let paramsValue = object["params"], paramsValue.object == nil {
            guard id != nil else {
                // A notification is never answered, so there is nobody to tell.
                return .notification(RPCNotification(method: method))
            }
            throw MalformedMessage(
                id: id, error: .invalidParams("params must be an object, but is \(paramsValue.typeName)"))
        }
        let params = object["params"]?.object
        guard let id else { return .notification(RPCNotification(method: method, params: params)) }
        return .request(RPCRequest(id: id, method: method, params: params))
    }

    private static func readResponse(_ object: JSONObject, id: RequestID?) throws(MalformedMessage) -> RPCMessage {
        switch (object["result"], object["error"]) {
        case (let result?, nil):
            guard let id else { throw refused(nil, "a result needs the id of its request") }
            return .response(RPCResponse(id: id, .success(result)))
        case (nil, let error?):
            guard let error = RPCError(error) else { throw refused(id, "error needs an integer code and a message") }
            return .response(RPCResponse(id: id, .failure(error)))
        default:
            throw refused(id, "a message has a method, a result or an error")
        }
    }

    private static func refused(_ id: RequestID?, _ why: String) -> MalformedMessage {
        MalformedMessage(id: id, error: .invalidRequest("Invalid Request: \(why)"))
    }
}
