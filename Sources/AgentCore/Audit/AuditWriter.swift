internal import Dispatch
internal import Logging
internal import Synchronization

/// Writes the records of an audit log, in the order in which they come, on a thread of its own.
///
/// What has come while a write was under way goes into the next one together, with one head and, where a record asks for it,
/// one flush: so a busy log costs few calls of the system a line. Who records waits until the line is in the file; only a
/// record of a write waits for the disk. The lines of reads are flushed within a second, off this thread.
final class AuditWriter: Sendable {
    private struct Entry: Sendable {
        var members: [UInt8]
        var isDurable: Bool
        var done: CheckedContinuation<SystemFailure?, Never>
    }

    private struct Waiting: Sendable {
        var entries: [Entry] = []
        var bytes = 0
        var isDraining = false
        var isClosed = false
    }

    /// Figures of a log.
    struct Figures: Sendable {
        /// Records that were kept.
        var kept = 0
        /// Records that were not.
        var lost = 0
        /// Why the last one was not, until one is kept again.
        var failure: SystemFailure?
    }

    /// The most bytes that wait, of records: some hundred of the longest. What comes beyond is lost, and counted.
    private static let mostWaiting = 32 << 20
    /// The most bytes that are written at once.
    private static let mostAtOnce = 4 << 20

    private let waiting = Mutex(Waiting())
    private let ledger: Mutex<AuditLedger>
    private let counted = Mutex(Figures())
    private let isFlushing = Mutex(false)
    private let queue = DispatchQueue(label: "postgres-agent.audit")
    private let flushing = DispatchQueue(label: "postgres-agent.audit.flush")
    private let logger: Logger

    init(_ ledger: AuditLedger, logger: Logger) {
        self.ledger = Mutex(ledger)
        self.logger = logger
    }

    var figures: Figures { counted.withLock { $0 } }

    var position: (lines: Int, digest: String) { ledger.withLock { $0.position } }

    /// Appends a record and waits until it is in the file.
    ///
    /// - Parameters:
    ///   - members: The members of its line.
    ///   - durably: Whether to wait until it is on the disk.
    /// - Returns: Why it is not; nil when it is.
    func append(_ members: [UInt8], durably: Bool) async -> SystemFailure? {
        await withCheckedContinuation { done in
            let isFull = waiting.withLock { waiting in
                guard !waiting.isClosed, waiting.bytes + members.count <= Self.mostWaiting else { return true }
                waiting.bytes += members.count
                waiting.entries.append(Entry(members: members, isDurable: durably, done: done))
                if !waiting.isDraining {
                    waiting.isDraining = true
                    queue.async { self.drain() }
                }
                return false
            }
            if isFull {
                lose(1, because: nil)
                done.resume(returning: SystemFailure.queueFull)
            }
        }
    }

    /// Writes what is due without a record of a call: that the log was opened.
    func begin() {
        queue.async { self.finish([], self.ledger.withLock { $0.append([], durably: false) }) }
    }

    private func drain() {
        while let batch = nextBatch() {
            let durably = batch.contains { $0.isDurable }
            let result = ledger.withLock { $0.append(batch.map(\.members), durably: durably) }
            finish(batch, result)
            if !durably, result.areKept { flushSoon() }
        }
    }

    private func nextBatch() -> [Entry]? {
        waiting.withLock { waiting in
            guard !waiting.entries.isEmpty else {
                waiting.isDraining = false
                return nil
            }
            var count = 0
            var bytes = 0
            while count < waiting.entries.count, bytes < Self.mostAtOnce {
                bytes += waiting.entries[count].members.count
                count += 1
            }
            waiting.bytes -= bytes
            defer { waiting.entries.removeFirst(count) }
            return Array(waiting.entries[..<count])
        }
    }

    private func finish(_ batch: [Entry], _ result: AuditLedger.Result) {
        if let left = result.left { flushing.async { try? left.flush() } }
        if result.areKept {
            counted.withLock { $0.kept += batch.count }
        } else if !batch.isEmpty {
            lose(batch.count, because: result.failure)
        }
        note(result)
        for entry in batch { entry.done.resume(returning: result.failure) }
    }

    private func lose(_ count: Int, because failure: SystemFailure?) {
        counted.withLock { $0.lost += count }
        ledger.withLock { $0.lose(count, because: failure) }
    }

    /// Tells the operator when the log begins to fail and when it is well again, not for every call in between.
    private func note(_ result: AuditLedger.Result) {
        let before = counted.withLock { figures in
            defer { figures.failure = result.failure }
            return figures.failure
        }
        if let failure = result.failure {
            guard before != failure else { return }
            logger.error(
                "the audit log cannot be written; writes to databases are refused until it can",
                metadata: ["error": "\(failure)"])
        } else if before != nil {
            logger.notice(
                "the audit log is written again", metadata: ["lines_lost": "\(result.healed)"])
        }
    }

    /// Brings the lines of reads onto the disk within a second, so that a crash of the machine loses few of them.
    private func flushSoon() {
        let isDue = isFlushing.withLock { isFlushing in
            defer { isFlushing = true }
            return !isFlushing
        }
        guard isDue else { return }
        flushing.asyncAfter(deadline: .now() + 1) {
            self.isFlushing.withLock { $0 = false }
            try? self.ledger.withLock { $0.fileToFlush() }?.flush()
        }
    }

    /// Begins a new file when the current one was renamed.
    func reopen() async {
        guard !waiting.withLock({ $0.isClosed }) else { return }
        await withCheckedContinuation { done in
            queue.async {
                do {
                    if let left = try self.ledger.withLock({ try $0.reopen() }) {
                        try? left.flush()
                        self.finish([], self.ledger.withLock { $0.append([], durably: true) })
                        self.logger.info("the audit log goes on in a new file")
                    }
                } catch {
                    self.logger.error(
                        "the audit log cannot be reopened and goes on in the old file", metadata: ["error": "\(error)"])
                }
                done.resume()
            }
        }
    }

    /// Writes what waits, and the record of the end; what comes later is lost.
    func close(_ members: [UInt8]) async {
        let isFirst = waiting.withLock { waiting in
            defer { waiting.isClosed = true }
            return !waiting.isClosed
        }
        guard isFirst else { return }
        await withCheckedContinuation { done in
            queue.async {
                self.drain()
                self.finish([], self.ledger.withLock { $0.append([members], durably: true) })
                done.resume()
            }
        }
    }
}
