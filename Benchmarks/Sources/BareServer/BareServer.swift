import Hummingbird
import PGConnector

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The least that a server on this stack does for a query over HTTP: Hummingbird without middleware reads the body, PGConnector
/// runs the guarded transaction of `SELECT 1`, and a constant JSON of a given length goes back. Neither accounts nor MCP,
/// classifier, log or metrics: what `agentd` needs beyond this is its own.
///
///     BareServer CONNECTIONS BYTES      with PGHOST and its family set; the port is the first line of the output
@main
enum BareServer {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard CommandLine.arguments.count == 3, numbers.count == 2, numbers[0] > 0, numbers[1] >= frame.utf8.count
        else {
            print("usage: BareServer CONNECTIONS BYTES")
            exit(2)
        }
        let client = PGClient(configuration: PGConfiguration(pool: .init(max: numbers[0], min: numbers[0])))
        let text = String(repeating: "x", count: numbers[1] - frame.utf8.count)
        let answer = ByteBuffer(string: frame.dropLast(2) + text + frame.suffix(2))

        let router = Router()
        router.post("mcp") { request, _ in
            guard try await request.body.collect(upTo: 64 << 10).readableBytes > 0 else { throw HTTPError(.badRequest) }
            try await GuardedTransaction.run(on: client)
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                // At once, also into a pipe.
                let line = Array("\(channel.localAddress?.port ?? 0)\n".utf8)
                _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            })
        try await application.runService()
        await client.shutdown()
    }

    /// What the answer is filled into.
    private static let frame = #"{"answer":""}"#
}
