internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The terminal of the process: bytes and sizes in, ``TerminalOutput`` out.
///
/// While it is raw every key arrives as it is pressed. The mode of before comes back when the device is closed, and on SIGTERM,
/// SIGHUP and SIGQUIT, which then end the process as they always do.
public final class TerminalDevice: Sendable {
    /// What came.
    public enum Event: Sendable, Hashable {
        /// Keys, as bytes.
        case bytes([UInt8])
        /// The terminal has another size now.
        case resized
        /// The process was stopped and goes on: what is on the screen is another program's.
        case continued
        /// Nothing came in time.
        case quiet
        /// Nothing more comes.
        case end
    }

    private struct State {
        var before: termios?
        var isClosed = false
        /// How often input was discarded: now, and when the last bytes were read.
        var discards = 0
        var discardsAtRead = 0
    }

    private let state = Mutex(State())
    private let sources = Mutex<[any DispatchSourceSignal]>([])
    private let reading = DispatchQueue(label: "terminal")
    /// A byte in it wakes whoever waits: `r` for another size, `f` for going on in the foreground, `c` for the end.
    private let wakeRead: Int32
    private let wakeWrite: Int32

    /// Takes the terminal over: standard input and standard output. Nil when they are none, or a dumb one.
    ///
    /// - Parameter term: The value of `TERM`.
    public init?(term: String?) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let term, !term.isEmpty, term != "dumb" else {
            return nil
        }
        var pipe: [Int32] = [-1, -1]
        guard makePipe(&pipe) else { return nil }
        (wakeRead, wakeWrite) = (pipe[0], pipe[1])
        watchSignals()
    }

    /// How large the terminal is now.
    public var size: TerminalSize { Self.size(of: STDOUT_FILENO) }

    /// How large the terminal behind a descriptor is now; the usual size when none is.
    public static func size(of descriptor: Int32) -> TerminalSize {
        var window = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return .usual
        }
        return TerminalSize(columns: Int(window.ws_col), rows: Int(window.ws_row))
    }

    /// Has every key arrive as it is pressed. What is written still has its line ends made whole.
    public func beginRaw() {
        state.withLock { state in
            guard state.before == nil, !state.isClosed else { return }
            var mode = termios()
            guard tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
            state.before = mode
            Self.makeRaw(mode)
        }
        write(.beginPasteMode)
    }

    private static func makeRaw(_ before: termios) {
        var mode = before
        mode.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON)
        mode.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | IEXTEN | ISIG)
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }

    /// Brings the mode of before back.
    public func endRaw() {
        let wasRaw = state.withLock { state in
            guard var before = state.before else { return false }
            _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
            state.before = nil
            return true
        }
        if wasRaw { write(.endPasteMode) }
    }

    /// Forgets what was typed and not read yet: it is no answer to a question that comes now.
    public func discardInput() {
        state.withLock { $0.discards += 1 }
        _ = tcflush(STDIN_FILENO, TCIFLUSH)
    }

    /// Whether the last bytes were read before input was discarded, though they are handed out only now.
    public var isInputStale: Bool { state.withLock { $0.discardsAtRead != $0.discards } }

    /// Brings the mode of before back for good, and ends whoever waits.
    public func close() {
        endRaw()
        let wasOpen = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard wasOpen else { return }
        sources.withLock { sources in
            for source in sources { source.cancel() }
            sources = []
        }
        for number in [SIGTERM, SIGHUP, SIGQUIT] { signal(number, SIG_DFL) }
        wake("c")
    }

    /// Stops the process as Ctrl-Z does, and goes on when it is continued.
    public func suspend() async {
        endRaw()
        kill(0, SIGTSTP)
        // The signal stops all threads, but not before this one goes on: what it did to the terminal now, the shell would find.
        // Where nobody can continue the process, the system leaves the signal out.
        try? await Task.sleep(for: .milliseconds(100))
        beginRaw()
    }

    /// Takes the terminal over again after the process was stopped: the shell has brought its own mode.
    private func goOn() {
        let isRaw = state.withLock { state in
            guard let before = state.before, !state.isClosed else { return false }
            Self.makeRaw(before)
            return true
        }
        guard isRaw else { return }
        write(.beginPasteMode)
        wake("f")
    }

    /// Writes.
    public func write(_ output: TerminalOutput) { Self.write(output, to: STDOUT_FILENO) }

    /// Writes to any descriptor: standard output and standard error where they are no terminal that is drawn on.
    public static func write(_ output: TerminalOutput, to descriptor: Int32) {
        var rest = output.bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                Musl.write(descriptor, bytes.baseAddress, bytes.count)
                #else
                Darwin.write(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits for what comes next, outside of the threads that all tasks share.
    ///
    /// - Parameter milliseconds: How long; nil for as long as it takes.
    public func next(within milliseconds: Int? = nil) async -> Event {
        await withCheckedContinuation { continuation in
            reading.async { [self] in continuation.resume(returning: wait(milliseconds)) }
        }
    }

    private func wait(_ milliseconds: Int?) -> Event {
        if state.withLock({ $0.isClosed }) { return .end }
        var watched = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&watched, nfds_t(watched.count), Int32(milliseconds ?? -1))
        if count == 0 { return .quiet }
        if count < 0 { return errno == EINTR ? .quiet : .end }
        var buffer = [UInt8](repeating: 0, count: 4096)
        if watched[1].revents != 0 {
            let count = Self.read(wakeRead, &buffer)
            guard count > 0, !buffer[..<count].contains(UInt8(ascii: "c")) else { return .end }
            return buffer[..<count].contains(UInt8(ascii: "f")) ? .continued : .resized
        }
        let discards = state.withLock { $0.discards }
        let bytes = Self.read(STDIN_FILENO, &buffer)
        state.withLock { $0.discardsAtRead = discards }
        if bytes < 0 && errno == EINTR { return .quiet }
        return bytes > 0 ? .bytes(Array(buffer[..<bytes])) : .end
    }

    private static func read(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
        buffer.withUnsafeMutableBytes { bytes in
            #if canImport(Glibc)
            Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
            Musl.read(descriptor, bytes.baseAddress, bytes.count)
            #else
            Darwin.read(descriptor, bytes.baseAddress, bytes.count)
            #endif
        }
    }

    private func wake(_ reason: Unicode.Scalar) {
        Self.write(TerminalOutput(part: SafeText(String(reason)), palette: .plain), to: wakeWrite)
    }

    private func watchSignals() {
        sources.withLock { sources in
            let resized = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: .global())
            resized.setEventHandler { [weak self] in self?.wake("r") }
            resized.resume()
            sources.append(resized)
            let continued = DispatchSource.makeSignalSource(signal: SIGCONT, queue: .global())
            continued.setEventHandler { [weak self] in self?.goOn() }
            continued.resume()
            sources.append(continued)
            for number in [SIGTERM, SIGHUP, SIGQUIT] {
                // A source sees a signal only when its default action, the end of the process, is off.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { [weak self] in
                    self?.endRaw()
                    signal(number, SIG_DFL)
                    // To the process: the threads of the queues hold signals back.
                    kill(getpid(), number)
                }
                source.resume()
                sources.append(source)
            }
        }
    }
}

/// A pipe whose ends are not handed to other programs.
private func makePipe(_ ends: inout [Int32]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return true
}
