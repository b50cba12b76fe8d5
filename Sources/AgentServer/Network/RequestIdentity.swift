import HTTPTypes
import Hummingbird
import Logging

/// The first middleware: finds out whom a request is from, names it, and says the name in the answer.
struct RequestIdentity: RouterMiddleware {
    typealias Context = AgentRequestContext

    let proxies: ProxyPolicy

    func handle(
        _ request: Request, context: AgentRequestContext,
        next: (Request, AgentRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let caller = proxies.caller(request.headers, peer: context.peerAddress, isEncrypted: context.isSecure)
        context.clientAddress = caller.address
        context.isSecure = caller.isSecure
        var id: String?
        if caller.isProxied, let said = request.headers[.xRequestID], RequestName.isSane(said) { id = said }
        context.requestID = id ?? RequestName.make()
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        var response = try await next(request, context)
        response.headers[.xRequestID] = context.requestID
        return response
    }
}

/// Names of requests.
enum RequestName {
    /// 128 random bits in hexadecimal: unique, and tells nothing.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let words = (generator.next() as UInt64, generator.next() as UInt64)
        return String(unsafeUninitializedCapacity: 32) { text in
            for place in 0..<32 {
                let word = place < 16 ? words.0 : words.1
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (place % 16))) & 0xF
                text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 32
        }
    }

    /// Whether a name of somebody else may stand in an answer, a log and the audit log: up to 128 letters, digits and
    /// `-_.:+/=`, as UUIDs, ULIDs and trace ids are.
    static func isSane(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.:+/=".utf8.contains(byte)
                }
            }
    }
}
