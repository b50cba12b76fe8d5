/// The little of content negotiation that MCP needs.
package enum MediaTypes {
    /// JSON.
    package static let json = "application/json"
    static let events = "text/event-stream"

    /// Whether a `Content-Type` says JSON in UTF-8.
    package static func isJSON(_ contentType: String) -> Bool {
        if contentType == json { return true }
        let parts = contentType.lowercased().split(separator: ";").map { HeaderValue.trim(String($0)) }
        guard parts.first == json else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            guard parameter.hasPrefix("charset=") else { return true }
            let charset = parameter.dropFirst("charset=".count).filter { $0 != "\"" }
            return charset == "utf-8" || charset == "utf8"
        }
    }

    /// Whether the `Accept` headers take a type. None at all takes everything (RFC 9110, section 12.5.1).
    static func accepts(_ type: String, _ headers: [String]) -> Bool {
        guard !headers.isEmpty else { return true }
        // As most clients write it: taken apart for every request it would cost more than the request's own JSON.
        if headers.count == 1, headers[0] == "application/json, text/event-stream", type == json || type == events {
            return true
        }
        let family = type.prefix { $0 != "/" } + "/*"
        return headers.contains { header in
            header.lowercased().split(separator: ",").contains { range in
                let parts = range.split(separator: ";").map { HeaderValue.trim(String($0)) }
                guard let name = parts.first, name == type || name == family || name == "*/*" else { return false }
                return !parts.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
            }
        }
    }
}
