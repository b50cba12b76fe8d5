import AuthTokens

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

// Makes a file of 10,000 tokens in the folder of the argument, reads it, and verifies tokens on one thread. Prints the
// milliseconds of the best of three reads and the verifications in a second of the best of five rounds: of tokens that are good,
// and of ones that nobody made. Processor time of this thread, so that a busy machine counts less.

/// Seconds that this thread has run.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

guard CommandLine.arguments.count == 2 else {
    print("usage: TokenBenchmark FOLDER")
    exit(2)
}
let files = AccountFiles(tokens: CommandLine.arguments[1] + "/bench-tokens.yaml", users: "/nonexistent")
let good = (0..<10_000).map { _ in TokenSecret().text }
let wrong = (0..<10_000).map { _ in TokenSecret().text }
do {
    _ = try TokenFile(path: files.tokens).importTokens(
        digests: good.map { Digest.sha256($0.utf8) }, TokenRequest(note: "a token of the benchmark", owner: "bench"))
    var load = Double.infinity
    var store = try TokenStore(files: files)
    for _ in 0..<3 {
        let begun = now()
        store = try TokenStore(files: files)
        load = min(load, now() - begun)
    }
    func rate(_ tokens: [String], areGood: Bool) -> Double {
        let moment = Timestamp.now
        var best = Double.infinity
        for _ in 0..<5 {
            let begun = now()
            var accepted = 0
            for token in tokens {
                if case .accepted = store.verify(token, at: moment) { accepted += 1 }
            }
            best = min(best, now() - begun)
            guard accepted == (areGood ? tokens.count : 0) else {
                print("wrong verdicts: \(accepted)")
                exit(1)
            }
        }
        return Double(tokens.count) / best
    }
    print(Int(load * 1000), Int(rate(good, areGood: true)), Int(rate(wrong, areGood: false)))
} catch {
    print(error)
    exit(1)
}
