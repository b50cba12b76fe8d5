/// A `postgresql://` URL taken apart as libpq does (`conninfo_uri_parse_options` in `fe-connect.c`).
public struct ConnectionURL: Sendable, Hashable, CustomStringConvertible {
    /// libpq's keywords and their values, without the password.
    public let parameters: [String: String]
    /// The password that the URL held.
    let password: String?

    /// Takes a URL apart.
    ///
    /// - Parameter text: For example `postgresql://reader@db1:5432,db2/shop?sslmode=verify-full`.
    /// - Throws: ``ConnectionURLError`` when it is not such a URL.
    public init(_ text: String) throws(ConnectionURLError) {
        guard let scheme = ["postgresql://", "postgres://"].first(where: { text.hasPrefix($0) }) else {
            throw ConnectionURLError("it must begin with postgresql:// or postgres://")
        }
        guard text.utf8.count <= 8192 else { throw ConnectionURLError("it is longer than 8192 bytes") }
        var parameters: [String: String] = [:]
        var rest = text.dropFirst(scheme.count)
        if let question = rest.firstIndex(of: "?") {
            for (keyword, value) in try Self.query(rest[rest.index(after: question)...]) { parameters[keyword] = value }
            rest = rest[..<question]
        }
        // Like libpq, look for the user before the first slash only: a database's name may hold an @.
        let slash = rest.firstIndex(of: "/")
        var authority = slash.map { rest[..<$0] } ?? rest
        if let slash {
            let name = try Self.decode(rest[rest.index(after: slash)...])
            if !name.isEmpty { parameters["dbname"] = name }
        }
        if let at = authority.firstIndex(of: "@") {
            let user = authority[..<at]
            let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if let name = parts.first, !name.isEmpty { parameters["user"] = try Self.decode(name) }
            if parts.count == 2, !parts[1].isEmpty { parameters["password"] = try Self.decode(parts[1]) }
            authority = authority[authority.index(after: at)...]
        }
        try Self.readHosts(authority, into: &parameters)
        password = parameters.removeValue(forKey: "password")
        self.parameters = parameters
    }

    /// Whether the URL holds a secret: the role's password, or the passphrase of a client key.
    var holdsSecret: Bool { password != nil || parameters["sslpassword"] != nil }

    /// The URL again, with secrets hidden.
    public var description: String {
        func encode(_ text: String, keeping extra: String) -> String {
            var result = ""
            for byte in text.utf8 {
                let scalar = Unicode.Scalar(byte)
                if byte < 0x80,
                    scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._~".utf8.contains(byte)
                        || extra.utf8.contains(byte)
                {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += byte < 16 ? "%0" : "%"
                    result += String(byte, radix: 16, uppercase: true)
                }
            }
            return result
        }
        var rest = parameters
        var text = "postgresql://"
        let user = rest.removeValue(forKey: "user")
        if user != nil || password != nil {
            text += encode(user ?? "", keeping: "") + (password == nil ? "" : ":********") + "@"
        }
        let hosts = rest.removeValue(forKey: "host")?.split(separator: ",", omittingEmptySubsequences: false) ?? [""]
        let ports = rest.removeValue(forKey: "port")?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        text += hosts.enumerated()
            .map { index, host in
                let name = host.contains(":") ? "[\(host)]" : encode(String(host), keeping: "")
                let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
                return port.isEmpty ? name : "\(name):\(port)"
            }
            .joined(separator: ",")
        if let database = rest.removeValue(forKey: "dbname") { text += "/" + encode(database, keeping: "") }
        if rest["sslpassword"] != nil { rest["sslpassword"] = "********" }
        let query = rest.sorted { $0.key < $1.key }.map { "\($0.key)=\(encode($0.value, keeping: "*/:,"))" }
        return query.isEmpty ? text : text + "?" + query.joined(separator: "&")
    }

    private static func query(_ text: Substring) throws(ConnectionURLError) -> [(String, String)] {
        var result: [(String, String)] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            if pair.isEmpty, text.isEmpty { continue }
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ConnectionURLError("each parameter after the question mark must be KEYWORD=VALUE")
            }
            var keyword = try decode(parts[0])
            var value = try decode(parts[1])
            // As libpq takes JDBC's spelling.
            if keyword == "ssl", value == "true" { (keyword, value) = ("sslmode", "require") }
            guard keyword.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || ($0 >= 0x61 && $0 <= 0x7A) }) else {
                throw ConnectionURLError("a parameter's keyword consists of small letters and _")
            }
            guard keyword != "replication" else {
                throw ConnectionURLError("a replication connection cannot run queries")
            }
            result.append((keyword, value))
        }
        return result
    }

    private static func readHosts(
        _ authority: Substring, into parameters: inout [String: String]
    ) throws(ConnectionURLError) {
        guard !authority.isEmpty else { return }
        var hosts: [String] = []
        var ports: [String] = []
        for entry in authority.split(separator: ",", omittingEmptySubsequences: false) {
            var host = entry
            var port: Substring = ""
            if entry.first == "[" {
                guard let end = entry.firstIndex(of: "]") else {
                    throw ConnectionURLError("an address in brackets has no end")
                }
                host = entry[entry.index(after: entry.startIndex)..<end]
                guard !host.isEmpty else { throw ConnectionURLError("an address in brackets is empty") }
                let after = entry[entry.index(after: end)...]
                guard after.isEmpty || after.first == ":" else {
                    throw ConnectionURLError("only a colon and a port may follow an address in brackets")
                }
                port = after.dropFirst()
            } else if let colon = entry.firstIndex(of: ":") {
                host = entry[..<colon]
                port = entry[entry.index(after: colon)...]
            }
            guard port.isEmpty || (1...65535).contains(Int(port) ?? 0) else {
                throw ConnectionURLError("a port must be a number from 1 to 65535")
            }
            hosts.append(try decode(host))
            ports.append(String(port))
        }
        if hosts.contains(where: { !$0.isEmpty }) { parameters["host"] = hosts.joined(separator: ",") }
        if ports.contains(where: { !$0.isEmpty }) { parameters["port"] = ports.joined(separator: ",") }
    }

    private static func decode(_ text: Substring) throws(ConnectionURLError) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                throw ConnectionURLError("a percent sign must be followed by two hexadecimal digits (%25 for itself)")
            }
            guard high != 0 || low != 0 else { throw ConnectionURLError("%00 is not allowed") }
            bytes.append(high << 4 | low)
        }
        guard let result = String(validating: bytes, as: UTF8.self) else {
            throw ConnectionURLError("what is percent-encoded is not UTF-8")
        }
        return result
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A text is not a PostgreSQL URL.
public struct ConnectionURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why, without any part of the text: it may hold a password.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
