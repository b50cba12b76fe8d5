import HTTPTypes
import MCPProtocol

/// The headers of 2026-07-28 that repeat what the body says, so that proxies can route without reading it (item 17).
enum RoutingHeaders {
    /// What is wrong between headers and body of a request; `nil` when they agree.
    static func mismatch(_ fields: HTTPFields, _ request: RPCRequest) -> String? {
        let version = request.params?["_meta"]?[MetaKey.protocolVersion]?.string
        if let why = compare(fields, .mcpProtocolVersion, version, decodes: false) { return why }
        if let why = compare(fields, .mcpMethod, request.method) { return why }
        guard let key = NamedParameter.of(request.method), let name = request.params?[key]?.string else { return nil }
        return compare(fields, .mcpName, name)
    }

    /// As ``mismatch(_:_:)`` for a notification, which may do without the headers.
    static func mismatch(_ fields: HTTPFields, _ notification: RPCNotification) -> String? {
        if fields.contains(.mcpMethod), let why = compare(fields, .mcpMethod, notification.method) { return why }
        guard let version = notification.params?["_meta"]?[MetaKey.protocolVersion]?.string else { return nil }
        return compare(fields, .mcpProtocolVersion, version, decodes: false)
    }

    private static func compare(
        _ fields: HTTPFields, _ name: HTTPField.Name, _ expected: String?, decodes: Bool = true
    ) -> String? {
        let values = fields[values: name]
        // Of two values one reader would take the first and another one the last.
        guard values.count <= 1 else { return "\(name.rawName) is there more than once" }
        guard let value = values.first else { return "\(name.rawName) is missing" }
        let found = decodes ? HeaderValue.decode(value) : HeaderValue.trim(value)
        // By bytes: String compares by canonical equivalence.
        guard let found, let expected, found.utf8.elementsEqual(expected.utf8) else {
            return "\(name.rawName) is not equal to what the body says"
        }
        return nil
    }
}
