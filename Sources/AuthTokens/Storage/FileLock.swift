#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Keeps other processes, and other tasks of this one, from changing a file between the reading and the replacing of it.
///
/// An advisory lock (`flock`) on a file of its own beside the target, `<name>.lock`: the target itself is exchanged by a
/// rename and cannot carry it. The system lets go of it when the holder ends, however it ends. The lock file stays: to remove
/// it would let two holders lock two files of one name.
public struct FileLock: ~Copyable, Sendable {
    /// How long to wait for another holder.
    public static let patience = Duration.seconds(10)
    private let descriptor: Int32

    /// Takes the lock, waiting for it in the calling thread.
    ///
    /// - Parameters:
    ///   - path: The file that is about to change; it need not exist, its folder must.
    ///   - timeout: The longest wait.
    /// - Throws: ``FileFailure`` when the lock file cannot be opened, or is held by another for longer than `timeout`.
    public init(beside path: String, timeout: Duration = patience) throws(FileFailure) {
        let descriptor = try Self.open(path)
        let deadline = ContinuousClock.now + timeout
        do throws(FileFailure) {
            while try !Self.isTaken(descriptor, path) {
                guard ContinuousClock.now < deadline else { throw Self.isBusy(path) }
                usleep(UInt32.random(in: 500...4000))
            }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Takes the lock, waiting for it without a thread.
    ///
    /// - Parameters:
    ///   - path: The file that is about to change; it need not exist, its folder must.
    ///   - timeout: The longest wait.
    /// - Throws: ``FileFailure``, also when the task is cancelled meanwhile.
    public static func waiting(
        beside path: String, timeout: Duration = patience
    ) async throws(FileFailure) -> FileLock {
        let descriptor = try open(path)
        let deadline = ContinuousClock.now + timeout
        do throws(FileFailure) {
            while try !isTaken(descriptor, path) {
                guard ContinuousClock.now < deadline else { throw isBusy(path) }
                do {
                    try await Task.sleep(for: .microseconds(Int.random(in: 500...4000)))
                } catch {
                    throw FileFailure("lock", path, because: "cancelled")
                }
            }
        } catch {
            close(descriptor)
            throw error
        }
        return FileLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // A program that another thread starts at this moment has a copy of the descriptor until it begins: to close this one
        // alone would leave the lock to it.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Lets go of the lock; the same happens at the end of the value's life.
    public consuming func release() {}

    /// Runs `body` while the lock is held.
    static func holding<Result>(
        beside path: String, _ body: () throws(AccountError) -> Result
    ) throws(AccountError) -> Result {
        let lock: FileLock
        do {
            lock = try FileLock(beside: path)
        } catch {
            throw AccountError(error)
        }
        let outcome: Swift.Result<Result, AccountError>
        do throws(AccountError) {
            outcome = .success(try body())
        } catch {
            outcome = .failure(error)
        }
        lock.release()
        return try outcome.get()
    }

    private static func open(_ path: String) throws(FileFailure) -> Int32 {
        guard !path.utf8.contains(0) else { throw FileFailure("lock", path, because: "the name holds a NUL character") }
        #if canImport(Glibc)
        let descriptor = Glibc.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        #elseif canImport(Musl)
        let descriptor = Musl.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        #else
        let descriptor = Darwin.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        #endif
        guard descriptor >= 0 else { throw FileFailure("lock", path, errno) }
        // What root makes first must not shut out the service that owns the folder.
        if geteuid() == 0, let folder = try? FilePermissions.of(FileName.folder(of: path)) {
            _ = fchown(descriptor, folder.owner, folder.group)
        }
        return descriptor
    }

    private static func isTaken(_ descriptor: Int32, _ path: String) throws(FileFailure) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK || errno == EINTR else { throw FileFailure("lock", path, errno) }
        return false
    }

    private static func isBusy(_ path: String) -> FileFailure {
        FileFailure("lock", path, because: "another process is changing it")
    }
}
