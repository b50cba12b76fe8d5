import AuthTokens
import Foundation

// Makes, revokes and uses tokens until it is killed: what the test of killed writers starts several of.
// Arguments: the token file, the state folder, and the most operations. A line on standard output before and after each.

/// One write for a line, and none of it in a buffer that dies with the process.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

let files = AccountFiles(
    tokens: CommandLine.arguments[1], users: "/nonexistent", state: CommandLine.arguments[2])
let file = TokenFile(path: files.tokens)
for _ in 0..<(Int(CommandLine.arguments[3]) ?? 0) {
    do {
        switch Int.random(in: 0..<4) {
        case 0:
            let note = UUID().uuidString
            say("begin create \(note)")
            let (record, _) = try file.create(TokenRequest(note: note))
            say("done create \(record.id)")
        case 1:
            let victim = try file.load().filter { $0.revoked == nil }.randomElement()
            guard let victim else { continue }
            say("begin revoke \(victim.id)")
            try file.revoke(id: victim.id)
            say("done revoke \(victim.id)")
        default:
            let store = try TokenStore(files: files)
            let number = Int.random(in: 0..<200)
            let now = Timestamp.now
            say("begin use \(number)")
            guard case .accepted(_, let id) = store.verify("initial \(number)", at: now) else {
                say("done nothing -")
                continue
            }
            try store.flush()
            say("done use \(id) \(now.seconds)")
        }
    } catch let error where String(describing: error).contains("another process is changing it") {
        // The others had the lock all the time. Nothing was written.
        say("busy")
    } catch {
        say("failed \(error)")
        exit(1)
    }
}
