/// Turns what the server means into what a revision writes.
struct EraAdapter: Sendable {
    let version: ProtocolVersion
    let implementation: Implementation

    /// Completes the members of a result: `resultType` and the server's name on 2026-07-28 (item 3), nothing on older
    /// revisions (item 35).
    func result(_ members: JSONObject, type: String = "complete") -> JSONObject {
        guard version.hasResultTypes else { return members }
        var result: JSONObject = ["resultType": .string(type)]
        for (key, value) in members { result[key] = value }
        var meta = members["_meta"]?.object ?? [:]
        meta[MetaKey.serverInfo] = implementation.json(for: version)
        result["_meta"] = .object(meta)
        return result
    }

    /// As ``result(_:type:)``, with how long and for whom it may be kept (item 23).
    func cacheable(_ members: JSONObject, ttl: Duration, scope: CacheScope) -> JSONObject {
        guard version.hasResultTypes else { return members }
        var members = members
        members["ttlMs"] = .integer(ttl.wholeMilliseconds)
        members["cacheScope"] = .string(scope.rawValue)
        return result(members)
    }

    /// The code of an error in the revision (items 4, 27, 35).
    func error(_ error: RPCError) -> RPCError {
        var error = error
        if version.hasResultTypes {
            if error.code == RPCError.legacyResourceNotFound { error.code = RPCError.invalidParams }
        } else {
            switch error.code {
            case RPCError.invalidParams where error.data?["uri"] != nil: error.code = RPCError.legacyResourceNotFound
            case RPCError.missingRequiredClientCapability: error.code = RPCError.invalidParams
            default: break
            }
        }
        return error
    }
}

/// The keys of `_meta` that the protocol itself uses.
package enum MetaKey {
    package static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
    static let clientInfo = "io.modelcontextprotocol/clientInfo"
    static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
    static let logLevel = "io.modelcontextprotocol/logLevel"
    static let serverInfo = "io.modelcontextprotocol/serverInfo"
    static let subscriptionID = "io.modelcontextprotocol/subscriptionId"
    static let progressToken = "progressToken"
}

/// What a request says about its client, whichever way it was said.
struct RequestMetadata: Sendable {
    var version: ProtocolVersion
    var clientInfo: Implementation?
    var clientCapabilities: ClientCapabilities
    var logLevel: LogLevel?
    var progressToken: JSONValue?
    var meta: JSONObject

    /// The metadata of a 2026-07-28 request (items 6 and 7). Nothing comes from an earlier request.
    init(stateless params: JSONObject?) throws(RPCError) {
        meta = try Self.meta(of: params)
        guard let versionValue = meta[MetaKey.protocolVersion] else {
            throw .invalidParams("params._meta[\"\(MetaKey.protocolVersion)\"] is missing")
        }
        guard let requested = versionValue.string else {
            throw .invalidParams("params._meta[\"\(MetaKey.protocolVersion)\"] must be a string")
        }
        guard let version = ProtocolVersion(requested), version.era == .stateless else {
            throw .unsupportedVersion(requested, supported: ProtocolVersion.all)
        }
        self.version = version
        let reader = WireReader(meta, path: "params._meta")
        do throws(WireError) {
            clientCapabilities = try ClientCapabilities(try reader.child(MetaKey.clientCapabilities))
            clientInfo =
                meta[MetaKey.clientInfo] == nil ? nil : try Implementation(try reader.child(MetaKey.clientInfo))
            if let level = try reader.optionalString(MetaKey.logLevel) {
                guard let known = LogLevel(rawValue: level) else { throw WireError("The log level is not known") }
                logLevel = known
            }
        } catch {
            throw .invalidParams(error.description)
        }
        progressToken = try Self.progressToken(of: meta)
    }

    /// The metadata of a request of an older session.
    init(session: SessionFacts, params: JSONObject?) throws(RPCError) {
        meta = try Self.meta(of: params)
        version = session.version
        clientInfo = session.clientInfo
        clientCapabilities = session.clientCapabilities
        logLevel = session.logLevel
        progressToken = try Self.progressToken(of: meta)
    }

    private static func meta(of params: JSONObject?) throws(RPCError) -> JSONObject {
        guard let value = params?["_meta"] else { return [:] }
        guard let meta = value.object else { throw .invalidParams("params._meta must be an object") }
        return meta
    }

    private static func progressToken(of meta: JSONObject) throws(RPCError) -> JSONValue? {
        guard let token = meta[MetaKey.progressToken] else { return nil }
        guard let id = RequestID(token) else {
            throw .invalidParams("params._meta.progressToken must be a string or an integer")
        }
        return id.json
    }
}

/// What an older session agreed on (item 33).
struct SessionFacts: Sendable {
    var version: ProtocolVersion
    var clientInfo: Implementation?
    var clientCapabilities: ClientCapabilities
    /// What `logging/setLevel` asked for. Before it, the server decides (specification, "Logging").
    var logLevel: LogLevel? = .info

    /// Reads the parameters of `initialize`; a version that is not offered gets the newest one of the era.
    ///
    /// - Parameter offered: the revisions that the transport has, newest first.
    init(
        initialize params: JSONObject?, offered: [ProtocolVersion] = ProtocolVersion.initialize
    ) throws(RPCError) {
        let reader = WireReader(params ?? [:], path: "params")
        do throws(WireError) {
            let requested = ProtocolVersion(try reader.string("protocolVersion"))
            version = requested.flatMap { offered.contains($0) ? $0 : nil } ?? .november2025
            clientCapabilities = try ClientCapabilities(try reader.child("capabilities"))
            clientInfo = try Implementation(try reader.child("clientInfo"))
        } catch {
            throw .invalidParams(error.description)
        }
    }
}
