import Synchronization

/// Cancelling what runs on the server.
extension PGSession {
    /// The reader has left: cancels the call, if it still runs, and throws its answers away.
    func cancel(_ exchange: PGExchange) { cancel(exchange, discards: true) }

    /// Cancels what runs and waits until the server has confirmed it; its reader sees what happened.
    ///
    /// - Parameter isWanted: Asked at the moment at which it is decided what is cancelled; it must not wait for anything.
    func cancelAndSettle(if isWanted: () -> Bool) async {
        let (exchange, goesOn) = state.withLock { state in
            let isWanted = isWanted()
            return (isWanted ? state.exchange : nil, isWanted)
        }
        guard goesOn else { return }
        if let exchange { cancel(exchange, discards: false) }
        await settle()
    }

    /// The loan is over: what still runs has no reader.
    func cancelUnread() {
        if let exchange = state.withLock({ $0.exchange }) { cancel(exchange, discards: true) }
    }

    private func cancel(_ exchange: PGExchange, discards: Bool) {
        perform { state, after in
            guard state.exchange === exchange else { return }
            if discards {
                exchange.discard()
                state.builder = state.builder.map { RowBatchBuilder(columns: $0.columns, step: $0.step) }
            } else {
                exchange.unpause()
            }
            if state.machine.requestCancel() == .send {
                let generation = state.machine.generation
                after.calls.append { [self] in
                    sendCancel()
                    schedule(generation, since: .now, step: 0)
                    observer?.queryCancelled()
                }
            }
            // Reading may have been paused; what is left must be drained. Not from here: this may be a reader's thread
            // in the middle of a row that is as large as is allowed.
            arm(&state)
            if !discards, let reader = exchange.readerToResume() { after.readers.append(reader) }
            after.calls.append { [self] in resumeReading(exchange) }
        }
    }

    private func sendCancel() {
        cancels.run { [self] in
            cancelKey.cancel()
            perform { state, after in
                state.machine.cancelReturned()
                reportSettled(&state, &after)
            }
        }
    }

    /// Sends again, then gives up; `since` is when the first request was sent.
    private func schedule(_ generation: Int, since: PGEventLoop.Instant, step: Int) {
        let delays = ConnectionStateMachine.resendDelays
        let isLast = step >= delays.count
        loop.schedule(at: since + (isLast ? ConnectionStateMachine.giveUpDelay : delays[step])) { [self] in
            perform { state, after in
                switch state.machine.cancelTimer(generation: generation, isLast: isLast) {
                case .send: after.calls.append { [self] in sendCancel() }
                case .close:
                    close(
                        &state, &after,
                        PGError(
                            .cancelled,
                            "The server did not confirm the cancellation in time; the connection was closed."))
                case .none: break
                }
            }
            if !isLast { schedule(generation, since: since, step: step + 1) }
        }
    }
}
