/// How a client finds out what its server speaks (item 12).
struct Handshake {
    let client: MCPClient

    func run() async throws -> ServerInfo {
        switch client.options.mode {
        case .modern: return try await discover(timeout: client.options.requestTimeout)
        case .legacy(let version): return try await initialize(version)
        case .auto:
            do {
                return try await discover(timeout: client.options.probeTimeout)
            } catch let error as CancellationError {
                throw error
            } catch let error as ClientError where error == .closed {
                throw error
            } catch let error as any EraNeutralFailure where error.saysNothingOfEra {
                throw error
            } catch {
                // Any other error, a time-out and an answer that cannot be read mean the older era.
                return try await initialize(.november2025)
            }
        }
    }

    private func discover(timeout: Duration?) async throws -> ServerInfo {
        let result = try await client.request("server/discover", nil, version: .july2026, timeout: timeout)
        let reader = try WireReader(result, path: "result")
        guard try reader.strings("supportedVersions").contains(ProtocolVersion.july2026.rawValue) else {
            throw ClientError("The server does not speak \(ProtocolVersion.july2026)")
        }
        let implementation = result["_meta"]?[MetaKey.serverInfo]
        return ServerInfo(
            protocolVersion: .july2026,
            implementation: try implementation.map { value throws(WireError) in
                try Implementation(try WireReader(value, path: "serverInfo"))
            },
            capabilities: try ServerCapabilities(try reader.child("capabilities")),
            instructions: try reader.optionalString("instructions"))
    }

    private func initialize(_ version: ProtocolVersion) async throws -> ServerInfo {
        let options = client.options
        let params: JSONObject = [
            "protocolVersion": .string(version.rawValue),
            "capabilities": .object(options.capabilities.json(for: version)),
            "clientInfo": options.implementation.json(for: version),
        ]
        let result = try await client.request("initialize", params, version: version, timeout: options.requestTimeout)
        let reader = try WireReader(result, path: "result")
        let offered = try reader.string("protocolVersion")
        guard let agreed = ProtocolVersion(offered), agreed.era == .initialize else {
            throw ClientError("The server speaks \(offered.prefix(50)), which this client does not")
        }
        try await client.notify("notifications/initialized")
        let info = ServerInfo(
            protocolVersion: agreed, implementation: try Implementation(try reader.child("serverInfo")),
            capabilities: try ServerCapabilities(try reader.child("capabilities")),
            instructions: try reader.optionalString("instructions"))
        if let level = options.logLevel, info.capabilities.logging {
            _ = try await client.request(
                "logging/setLevel", ["level": .string(level.rawValue)], version: agreed,
                timeout: options.requestTimeout)
        }
        return info
    }
}
