import AuthTokens
import Foundation
import Testing

@Suite("Locks beside files")
struct FileLockTests {
    @Test("A second holder waits no longer than it wants, and is let in afterwards")
    func exclusive() throws {
        try withFolder { folder in
            let path = folder + "/tokens.yaml"
            let held = try FileLock(beside: path)
            let error = #expect(throws: FileFailure.self) { _ = try FileLock(beside: path, timeout: .milliseconds(20)) }
            #expect(error?.description.contains("another process") == true)
            held.release()
            try FileLock(beside: path, timeout: .zero).release()
            #expect(try FilePermissions.of(path + ".lock").mode == 0o600)
        }
    }

    #if os(Linux)
    @Test("A lock that is let go of is free, whoever has a copy of its descriptor as a child has that is being started")
    func copies() throws {
        try withFolder { folder in
            let path = folder + "/file"
            let lock = try FileLock(beside: path, timeout: .zero)
            let files = FileManager.default
            let descriptors = try files.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
            let own = descriptors.first {
                let target = try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
                return target?.hasSuffix(path + ".lock") == true
            }
            let copy = dup(try #require(own))
            defer { close(copy) }
            lock.release()
            try FileLock(beside: path, timeout: .zero).release()
        }
    }
    #endif

    @Test("Counting in a file under the lock loses nothing, from threads and tasks alike")
    func counting() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lock-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/n"
        @Sendable func increment() throws {
            let text = (try? BoundedFile.read(path, maximumBytes: 99).contents) ?? []
            let number = Int(String(decoding: text, as: UTF8.self)) ?? 0
            try AtomicFile.replace(path, contents: Array(String(number + 1).utf8))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    let lock = try await FileLock.waiting(beside: path, timeout: .seconds(60))
                    try increment()
                    if index % 2 == 0 { await Task.yield() }
                    lock.release()
                }
            }
            try await group.waitForAll()
        }
        #expect(try BoundedFile.read(path, maximumBytes: 99).contents == Array("40".utf8))
    }

    @Test("A task that is cancelled stops waiting")
    func cancelled() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path + ".lock") }
        let held = try FileLock(beside: path)
        let waiter = Task { try await FileLock.waiting(beside: path, timeout: .seconds(600)).release() }
        waiter.cancel()
        await #expect(throws: FileFailure.self) { try await waiter.value }
        held.release()
    }

    @Test("A folder that does not exist and a name with a NUL are errors", arguments: ["/nonexistent/x", "/tmp/a\0b"])
    func impossible(path: String) {
        #expect(throws: FileFailure.self) { _ = try FileLock(beside: path) }
    }
}
