/// What a transport read.
public enum InboundFrame: Sendable {
    /// The bytes of one message.
    case message([UInt8])
    /// A message of more bytes than allowed; it was skipped.
    case oversized(limit: Int)
}

/// A two-way stream of messages: standard input and output, a pair in memory.
public protocol Transport: Sendable {
    /// Reads until the end of the input or ``close()``.
    ///
    /// - Parameter receive: is called with each message in order, one at a time, from a thread of the transport, which
    ///   it may block: nothing is read meanwhile.
    /// - Throws: an error of reading.
    func run(_ receive: @escaping @Sendable (InboundFrame) -> Void) async throws

    /// Writes one message whole. Returns when it was handed to the system, so that a slow reader slows the sender.
    ///
    /// - Parameter message: the bytes without a line end.
    /// - Throws: when the other side is gone.
    func send(_ message: [UInt8]) async throws

    /// As ``send(_:)-([UInt8])``, of a message that is not yet text: a transport that can writes a long one in pieces.
    ///
    /// - Parameter message: the message.
    /// - Throws: when the other side is gone.
    func send(_ message: JSONValue) async throws

    /// Writes one message from inside of the receiver of ``run(_:)``; may block the thread.
    ///
    /// - Throws: when the other side is gone.
    func post(_ message: [UInt8]) throws

    /// Ends ``run(_:)`` and closes what is owned.
    func close()
}

extension Transport {
    /// Makes the text of the whole message and writes it.
    public func send(_ message: JSONValue) async throws { try await send(message.serialized()) }
}

/// A failure of a transport's own kind, for probing: one that says nothing of what the server speaks ends the probe, any
/// other means the older era.
package protocol EraNeutralFailure: Error {
    /// The failure would have met any request.
    var saysNothingOfEra: Bool { get }
}

extension TransportError: EraNeutralFailure {
    package var saysNothingOfEra: Bool { true }
}

/// Why a transport failed.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What failed.
    public let message: String
    /// The other side is gone, which is how a conversation ends.
    public let isClosed: Bool

    /// A failure.
    public init(_ message: String, isClosed: Bool = false) {
        self.message = message
        self.isClosed = isClosed
    }

    /// The other side is gone.
    public static let closed = TransportError("The connection is closed", isClosed: true)

    /// The value as text.
    public var description: String { message }
}
