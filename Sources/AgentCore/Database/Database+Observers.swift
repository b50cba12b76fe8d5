extension Database {
    /// Tells the observers that a write is about to run.
    ///
    /// - Parameter call: The call as it is known before it runs.
    /// - Throws: ``QueryFailure`` when one of them cannot keep its record; the write must not run then, and
    ///   ``report(_:since:)`` still has to be called.
    func announceWrite(_ call: GuardedCall) async throws(QueryFailure) {
        for observer in observers {
            do {
                try await observer.willWrite(call)
            } catch let failure as QueryFailure {
                throw failure
            } catch {
                throw QueryFailure(.unexpected, "\(error)")
            }
        }
    }

    /// Tells the observers what became of a call. To be called once for each, on every way out.
    ///
    /// - Parameters:
    ///   - call: The call with its end.
    ///   - start: When it began, to measure how long it took.
    func report(_ call: GuardedCall, since start: ContinuousClock.Instant) async {
        guard !observers.isEmpty else { return }
        var call = call
        call.duration = ContinuousClock.now - start
        for observer in observers { await observer.finished(call) }
    }

    /// Reads of the catalogs for a caller, as one call: none of the caller's SQL runs, but what the caller saw is known.
    ///
    /// - Parameters:
    ///   - origin: Who is behind the call.
    ///   - subject: What the call is about.
    ///   - body: Reads.
    func observing<Value: Sendable>(
        _ origin: CallOrigin, subject: String?, _ body: () async throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock.now
        var call = GuardedCall(origin: origin, database: name, sql: "")
        call.verdict = .read
        call.subject = subject
        do {
            let value = try await CallerKey.counting(origin, body)
            call.completed(rows: 0, bytes: 0)
            await report(call, since: start)
            return value
        } catch {
            if let failure = error as? QueryFailure {
                call.failed(failure)
            } else if error is CancellationError {
                call.failed(.cancelled)
            } else {
                // The caller's own mistake: a table that does not exist.
                call.outcome = .refused
                call.reason = "not_found"
            }
            await report(call, since: start)
            throw error
        }
    }
}
