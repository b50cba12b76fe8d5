internal import AuthTokens
internal import Dispatch
package import MCPProtocol
internal import SQLClassifier
internal import Synchronization

/// Where long texts are read by the guard: one at a time, on a thread of its own.
///
/// A megabyte of SQL takes a tenth of a second of a core. On the threads that serve requests, two callers who send such texts all
/// the time would be all that is served. A text of ordinary length is read where it is, which takes less time than the way to
/// another thread.
package final class LongTexts: Sendable {
    /// The one of this process: its databases share the processor.
    package static let shared = LongTexts()
    /// The longest text, in bytes of UTF-8, that is read on the thread of its request.
    package static let longestInPlace = 32 << 10

    private struct State {
        var count = 0
        /// How many of each caller are here; none is remembered longer.
        var callers: [CallerKey: Int] = [:]
    }

    private let most: Int
    private let mostOfCaller: Int
    private let queue = DispatchQueue(label: "postgres-agent.long-texts")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: How many texts are here at once, the one that is read and those that wait.
    ///   - mostOfCaller: How many of one caller.
    init(most: Int = 32, mostOfCaller: Int = 2) {
        self.most = most
        self.mostOfCaller = mostOfCaller
    }

    /// How many texts are here.
    var count: Int { state.withLock { $0.count } }
    /// How many callers have a text here.
    var callers: Int { state.withLock { $0.callers.count } }
    /// How many texts of one caller are here.
    func count(of caller: CallerKey) -> Int { state.withLock { $0.callers[caller] ?? 0 } }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: The text: a short one is read at once.
    ///   - caller: Whose it is; nil: nobody knows.
    ///   - body: Reads it.
    /// - Throws: ``QueryFailure`` of the kind `tooManyAtOnce` when too many texts are here already, of the caller or of all;
    ///   `CancellationError` when the caller gave up before it was begun.
    func read<Value: Sendable>(
        _ text: String, for caller: CallerKey?, _ body: @escaping @Sendable () -> Value
    ) async throws -> Value {
        guard text.utf8.count > Self.longestInPlace else { return body() }
        try enter(caller)
        defer { leave(caller) }
        let withdrawal = Withdrawal()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    if withdrawal.isMade {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(returning: body())
                    }
                }
            }
        } onCancel: {
            withdrawal.make()
        }
    }

    /// Reads a text that was let in before, or that has to be read in any case, such as for the audit log.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - body: Reads it.
    func readAlways<Value: Sendable>(_ text: String, _ body: @escaping @Sendable () -> Value) async -> Value {
        guard text.utf8.count > Self.longestInPlace else { return body() }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    private func enter(_ caller: CallerKey?) throws(QueryFailure) {
        let refusal: String? = state.withLock { state in
            if let caller, let own = state.callers[caller], own >= mostOfCaller {
                return
                    "\(own) texts of more than \(Self.longestInPlace) bytes of this caller are being read, the most at "
                    + "once"
            }
            guard state.count < most else {
                return "\(most) texts of more than \(Self.longestInPlace) bytes wait to be read, the most at once"
            }
            state.count += 1
            if let caller { state.callers[caller, default: 0] += 1 }
            return nil
        }
        if let refusal {
            throw QueryFailure(.tooManyAtOnce, "\(refusal). Nothing was run. Wait for an answer before asking again.")
        }
    }

    private func leave(_ caller: CallerKey?) {
        state.withLock { state in
            state.count -= 1
            guard let caller, let own = state.callers[caller] else { return }
            state.callers[caller] = own > 1 ? own - 1 : nil
        }
    }

    /// Whether the caller gave up.
    private final class Withdrawal: Sendable {
        private let state = Atomic(false)

        var isMade: Bool { state.load(ordering: .relaxed) }
        func make() { state.store(true, ordering: .relaxed) }
    }
}

extension LongTexts {
    /// What the classifier says of a text, as JSON, without any database.
    ///
    /// - Parameters:
    ///   - sql: The text.
    ///   - origin: Who asks.
    /// - Throws: ``QueryFailure`` of the kind `tooManyAtOnce`; `CancellationError`.
    package func verdict(on sql: String, for origin: CallOrigin) async throws -> JSONObject {
        try await read(sql, for: CallerKey(asking: origin)) { VerdictJSON.object(SQLClassifier.classify(sql)) }
    }
}

extension CallerKey {
    /// Whose long texts count together; nil for the local user, who is alone with the program, and when nobody is known.
    init?(asking origin: CallOrigin) {
        guard origin.principal != .local, let key = CallerKey(origin) ?? CallerKey.current else { return nil }
        self = key
    }
}
