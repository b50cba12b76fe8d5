import Hummingbird
import MCPHTTP
import MCPProtocol
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A server with a bit of everything, for tests of conformance: no database, no accounts.
///
///     conformance-server [--port N]        # 0, the default, takes a free port and says which
@main
struct ConformanceServer {
    static func main() async {
        do {
            try await serve(port: try port(CommandLine.arguments.dropFirst()))
        } catch {
            fputs("conformance-server: \(error)\n", stderr)
            exit(1)
        }
    }

    private static func serve(port: Int) async throws {
        var options = ServerOptions()
        options.sealer = HeldStates()
        let changes = Changes()
        let server = MCPServer(service: EverythingService(changes: changes), options: options)
        changes.connect(server)

        // The three lines that put MCP into a router.
        let router = Router()
        let endpoint = MCPEndpoint(server: server)
        endpoint.mount(on: router)

        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                print("http://127.0.0.1:\(channel.localAddress?.port ?? port)/mcp")
                fflush(stdout)
            })
        try await application.runService()
    }

    private static func port(_ arguments: ArraySlice<String>) throws -> Int {
        guard !arguments.isEmpty else { return 0 }
        let words = Array(arguments)
        guard words.count == 2, words[0] == "--port", let port = UInt16(words[1]) else {
            throw Usage()
        }
        return Int(port)
    }

    struct Usage: Error, CustomStringConvertible {
        var description: String { "usage: conformance-server [--port N]" }
    }
}
