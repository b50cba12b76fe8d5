import CLibPQ

/// Reading answers, on the loop's thread.
extension PGSession {
    /// Rows are handed over in batches of about this size.
    private static let batchBytes = 64 << 10
    /// How often one event may read before other connections get their turn.
    private static let readsPerEvent = 16
    /// What a row of the largest size may have around it: message headers, and another message in the same buffer.
    private static let sizeTolerance = 64 << 10

    /// How long a sender waits for the next part of an answer, and for all of it before it leaves the rest to the loop; in
    /// milliseconds.
    static let senderWait: Int32 = 1

    func ready(_ interest: Interest) { perform { pump(&$0, &$1) } }

    /// Reads the answer on the sender's thread, as far as it comes at once.
    ///
    /// The answer to a small statement is there sooner than two threads have been woken, the loop's and then the reader's. So a
    /// sender that is alone, with nothing else under way in the process, waits for it, a millisecond or two at most; this
    /// holds up one of Swift's threads for that long, and never more than one of them. What comes later the loop reads.
    func readBySender(_ exchange: PGExchange, wait: Int32) {
        let end = PGEventLoop.Instant.now + .milliseconds(Int64(wait))
        var goesOn = true
        while goesOn, !Task.isCancelled, clibpq_wait_readable(descriptor, wait) {
            goesOn = perform { state, after in
                guard state.exchange === exchange else { return false }
                pump(&state, &after)
                return state.exchange === exchange && !exchange.isPaused
            }
            if goesOn, PGEventLoop.Instant.now >= end { break }
        }
        perform { state, _ in
            // Who sends after this call says for itself who reads.
            guard state.exchange === exchange || state.exchange == nil else { return }
            state.isReadBySender = false
            // Also when all is read: somebody may listen, and the loop saw this answer while it was none of its business.
            arm(&state)
        }
    }

    /// The reader has taken events: go on.
    func resumeReading(_ exchange: PGExchange) {
        perform { state, after in
            guard state.exchange === exchange else { return }
            // libpq may hold rows that were read already, about which the loop would never tell.
            pump(&state, &after, readsFirst: false)
        }
    }

    func pump(_ state: inout State, _ after: inout After, readsFirst: Bool = true) {
        if state.needsFlush { flush(&state) }
        var reads = readsFirst
        var count = 0
        while true {
            guard let connection = state.connection else { return }
            var more = false
            var wasEmpty = false
            if reads {
                let isPaused = state.exchange?.isPaused == true
                if isPaused, !state.needsFlush { break }
                let before = Int(clibpq_pending_bytes(descriptor))
                wasEmpty = before == 0
                guard PQconsumeInput(connection.raw) == 1 else { return lost(&state, &after) }
                // Counted low, never high: what arrives during the call is not seen. A row that is allowed passes.
                let left = before < 8192 ? 0 : Int(clibpq_pending_bytes(descriptor))
                if !isPaused { state.receivedSinceResult += max(0, before - left) }
                more = left > 0
                if state.needsFlush { flush(&state) }
            }
            reads = true
            deliverNotifications(&state, &after)
            takeResults(&state, &after)
            // What stood behind the results that were taken.
            deliverNotifications(&state, &after)
            guard state.connection != nil else { return }
            if state.receivedSinceResult > limits.maximumRowBytes + Self.sizeTolerance {
                return rowTooLarge(&state, &after)
            }
            count += 1
            if holdsDeciphered(connection, wasEmpty: wasEmpty) {
                // The loop would wait for ever for what the socket does not have.
                if count >= Self.readsPerEvent, clibpq_pending_bytes(descriptor) > 0 { break }
            } else if !more || count >= Self.readsPerEvent {
                break
            }
        }
        handOverRows(&state)
        arm(&state)
        if let reader = state.exchange?.readerToResume() { after.readers.append(reader) }
    }

    /// Whether TLS holds bytes that libpq has not taken: a record has up to 16 KiB, and a read takes 8 of them at least.
    ///
    /// - Parameter wasEmpty: Whether the last read found an empty socket: then it has taken the rest of a record.
    private func holdsDeciphered(_ connection: ConnectionPointer, wasEmpty: Bool) -> Bool {
        guard facts.isEncrypted else { return false }
        let held = clibpq_deciphered_bytes(connection.raw)
        return held < 0 ? !wasEmpty : held > 0
    }

    /// Takes every result that is complete, unless the reader has enough.
    private func takeResults(_ state: inout State, _ after: inout After) {
        while let connection = state.connection, state.machine.expectsResult, state.exchange?.isPaused == false,
            PQisBusy(connection.raw) == 0
        {
            let result = PQgetResult(connection.raw)
            defer { PQclear(result) }
            if result != nil {
                // Before the count starts anew: libpq keeps the buffer that this row needed.
                if state.receivedSinceResult > limits.retireAfterRowBytes { state.isRetired = true }
                state.receivedSinceResult = 0
            }
            take(result, &state, &after)
        }
    }

    private func take(_ result: OpaquePointer?, _ state: inout State, _ after: inout After) {
        let outcome = Self.outcome(result)
        switch state.machine.received(outcome) {
        case .advance(let setRowMode):
            if setRowMode, let connection = state.connection { _ = clibpq_set_row_mode(connection.raw, 1) }
        case .deliver(let step):
            if let result { deliver(outcome, result, step, &state, &after) }
        case .synced(let step, let isLast, let setRowMode):
            add(.synced(step: step), &state)
            if setRowMode, let connection = state.connection { _ = clibpq_set_row_mode(connection.raw, 1) }
            if isLast, let exchange = state.exchange {
                state.exchange = nil
                loop.exchangeEnded()
                after.calls += exchange.end(.success(()))
                reportSettled(&state, &after)
            }
        case .violation:
            // On a connection that broke libpq says for ever that there is nothing.
            if let connection = state.connection, PQstatus(connection.raw) != CONNECTION_OK {
                return lost(&state, &after)
            }
            let error =
                outcome == .copy
                ? PGError(.unsupported, "COPY to or from the client is not supported; the connection was closed.")
                : PGError(.protocolViolation, "An answer came that was not expected; the connection was closed.")
            close(&state, &after, error)
        }
    }

    private static func outcome(_ result: OpaquePointer?) -> ConnectionStateMachine.Outcome {
        guard let result else { return .terminator }
        let status = PQresultStatus(result)
        if clibpq_is_row_status(status) { return .rows }
        return switch status {
        case PGRES_TUPLES_OK: .rowsComplete
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .commandComplete
        case PGRES_PIPELINE_SYNC: .synced
        case PGRES_PIPELINE_ABORTED: .aborted
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copy
        default: .failed
        }
    }

    private func deliver(
        _ outcome: ConnectionStateMachine.Outcome, _ result: OpaquePointer, _ step: Int, _ state: inout State,
        _ after: inout After
    ) {
        switch outcome {
        case .rows, .rowsComplete:
            if state.builder == nil {
                let columns = LibPQ.columns(result)
                add(.columns(step: step, columns), &state)
                state.builder = RowBatchBuilder(columns: columns, step: step)
            }
            if state.exchange?.isDropped == false, PQntuples(result) > 0 {
                let largest = state.copyRows(result)
                if largest > limits.maximumRowBytes { return rowTooLarge(&state, &after) }
                if largest > limits.retireAfterRowBytes { state.isRetired = true }
                if (state.builder?.weight ?? 0) >= Self.batchBytes { handOverRows(&state) }
            }
            if outcome == .rowsComplete {
                handOverRows(&state)
                state.builder = nil
                add(.complete(step: step, commandTag: String(cString: PQcmdStatus(result))), &state)
            }
        case .commandComplete:
            if let name = state.preparing.removeValue(forKey: step) { state.prepared.insert(name) }
            add(.complete(step: step, commandTag: String(cString: PQcmdStatus(result))), &state)
        case .aborted: add(.aborted(step: step), &state)
        default:
            handOverRows(&state)
            state.builder = nil
            let error = LibPQ.serverError(result)
            if error.endsSession || error.sqlState.isEmpty {
                lost(&state, &after, error.endsSession ? error : nil)
            } else {
                add(.failed(step: step, error), &state)
            }
        }
    }

    private func add(_ event: PGPipelineEvent, _ state: inout State) {
        // An event without rows weighs something too, so that a long pipeline cannot pile up without limit.
        _ = state.exchange?.add(event, weight: 64, limit: limits.streamBufferBytes)
    }

    private func handOverRows(_ state: inout State) {
        guard var builder = state.builder, !builder.isEmpty else { return }
        state.builder = nil
        let weight = builder.weight
        _ = state.exchange?.add(
            .rows(step: builder.step, builder.take()), weight: weight, limit: limits.streamBufferBytes)
        state.builder = builder
    }

    private func rowTooLarge(_ state: inout State, _ after: inout After) {
        handOverRows(&state)
        close(
            &state, &after,
            PGError(
                .rowTooLarge, "A row is larger than the limit of \(limits.maximumRowBytes) bytes for one row."))
    }

    /// The connection broke: takes what had arrived, then ends everything with the server's last words.
    func lost(_ state: inout State, _ after: inout After, _ lastWords: PGServerError? = nil) {
        guard let connection = state.connection else { return }
        var lastWords = lastWords
        // libpq gives an error result and then nothing; the count is a belt to those braces.
        for _ in 0..<100_000 where lastWords == nil && state.machine.isBusy {
            guard let result = PQgetResult(connection.raw) else { break }
            defer { PQclear(result) }
            let outcome = Self.outcome(result)
            if outcome == .failed {
                let error = LibPQ.serverError(result)
                if error.endsSession { lastWords = error }
                break
            }
            guard case .deliver(let step) = state.machine.received(outcome) else { break }
            deliver(outcome, result, step, &state, &after)
        }
        // A row that was too large among what had arrived has closed it.
        guard state.connection != nil else { return }
        handOverRows(&state)
        let detail = connection.message
        let text =
            lastWords.map { "The server ended the connection: \($0.message) (SQLSTATE \($0.sqlState))" }
            ?? "The connection to the server was lost."
        close(&state, &after, PGError(.connectionLost, text, server: lastWords, detail: detail))
    }
}

extension PGSession.State {
    /// Copies the rows of a result to the rows that wait; returns the bytes of the largest.
    fileprivate mutating func copyRows(_ result: OpaquePointer) -> Int {
        guard var builder else { return 0 }
        // Moved out and back, so that the block is not copied for being held twice.
        self.builder = nil
        let largest = LibPQ.copyRows(result, into: &builder)
        self.builder = builder
        return largest
    }
}
