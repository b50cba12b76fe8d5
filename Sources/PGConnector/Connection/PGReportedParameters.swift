import CLibPQ
import Synchronization

/// The values that some parameters had on a connection at one time; see ``PGConnection/reportedParameters(_:)``.
public struct PGReportedParameters: Sendable, Equatable {
    /// One after the other, each with the NUL at its end; nil when the connection was closed.
    let values: [CChar]?
}

extension PGSession {
    /// See ``PGConnection/reportedParameters(_:)``.
    func reportedParameters(_ names: [StaticString]) -> PGReportedParameters {
        // A StaticString ends in a NUL.
        let pointers = names.map { Optional(UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self)) }
        return state.withLock { state in
            guard let connection = state.connection else { return PGReportedParameters(values: nil) }
            var room = 512
            while true {
                var needed = 0
                let values = [CChar](unsafeUninitializedCapacity: room) { buffer, count in
                    needed = clibpq_parameter_values(
                        connection.raw, pointers, pointers.count, buffer.baseAddress, room)
                    count = min(needed, room)
                }
                if needed <= room { return PGReportedParameters(values: values) }
                room = needed
            }
        }
    }
}
