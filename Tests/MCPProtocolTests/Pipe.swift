import Dispatch
import Foundation
import MCPProtocol

/// Pipes of the system, for tests of what really goes over descriptors. What blocks does so outside of Swift's pool,
/// which has only as many threads as there are cores.
enum Pipe {
    static func make() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TransportError("pipe") }
        return (ends[0], ends[1])
    }

    static func close(_ end: Int32) { _ = Foundation.close(end) }

    static func write(_ text: String, to end: Int32) async {
        await blocking {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Foundation.write(end, $0.baseAddress, $0.count) }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    static func readAll(_ end: Int32) async -> String {
        await blocking {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1000)
            while true {
                let count = Foundation.read(end, &chunk, chunk.count)
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += chunk[..<count]
            }
        }
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "test.pipe").async { continuation.resume(returning: body()) }
        }
    }
}
