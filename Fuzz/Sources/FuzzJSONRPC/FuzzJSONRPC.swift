import MCPProtocol

/// Any bytes are a message, a batch or malformed, and what was read is written such that it reads the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONRPC(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: data, count: size))
    if let value = try? JSONValue.parse(bytes) {
        let again = try? JSONValue.parse(value.serialized())
        precondition(again == value)
        precondition(!value.serialized().contains(UInt8(ascii: "\n")))
    }
    switch RPCInbound(bytes) {
    case .message(let message): check(message)
    case .batch(let messages):
        for case .success(let message) in messages { check(message) }
    case .malformed(let malformed): check(.response(malformed.response))
    }
    return 0
}

private func check(_ message: RPCMessage) {
    let bytes = message.bytes
    guard case .message(let again) = RPCInbound(bytes) else {
        // The answer to a text without a readable id has none, and is no message for a server.
        if case .response(let response) = message, response.id == nil { return }
        preconditionFailure("what was written does not read")
    }
    precondition(again.bytes == bytes)
}
