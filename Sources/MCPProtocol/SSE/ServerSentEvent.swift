/// One event of a `text/event-stream` (WHATWG HTML, "Server-sent events").
package struct ServerSentEvent: Sendable, Hashable {
    /// What `Last-Event-ID` would say to go on behind this event.
    package var id: String?
    /// The kind; absent means `message`.
    package var name: String?
    /// The text; `nil` when the event has no `data` field at all.
    package var data: [UInt8]?
    /// How long to wait before coming again, in milliseconds.
    package var retry: Int?

    package init(id: String? = nil, name: String? = nil, data: [UInt8]? = nil, retry: Int? = nil) {
        self.id = id
        self.name = name
        self.data = data
        self.retry = retry
    }

    /// A comment, which keeps proxies from closing a silent connection.
    package static let keepAlive: [UInt8] = Array(": keep-alive\n\n".utf8)

    /// Appends the event as it goes over the wire.
    package func encode(into bytes: inout [UInt8]) {
        func field(_ name: StaticString, _ value: some Sequence<UInt8>) {
            name.withUTF8Buffer { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: " ")])
            bytes.append(contentsOf: value)
            bytes.append(UInt8(ascii: "\n"))
        }
        if let name { field("event", name.utf8) }
        if let id { field("id", id.utf8) }
        if let retry { field("retry", String(retry).utf8) }
        if let data {
            // A line end inside of the text would end the field: each line is a field of its own. JSON has none.
            for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                field("data", line)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The event as it goes over the wire.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((data?.count ?? 0) + 64)
        encode(into: &bytes)
        return bytes
    }
}
