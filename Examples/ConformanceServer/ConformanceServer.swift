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
            say("conformance-server: \(error)", on: 2)
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
                say("http://127.0.0.1:\(channel.localAddress?.port ?? port)/mcp", on: 1)
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

    /// Writes a line at once, so that whoever started the server can read it through a pipe.
    private static func say(_ line: String, on descriptor: Int32) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    struct Usage: Error, CustomStringConvertible {
        var description: String { "usage: conformance-server [--port N]" }
    }
}
