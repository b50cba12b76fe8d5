import SQLClassifier

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

// Reads a file of texts, each ended by a NUL byte, classifies each several times and prints the nanoseconds of the best
// run of each, one a line, in order. It is the time of this thread's processor, so that a busy machine counts less.
// Benchmarks/classifier.py compares them with PostgreSQL's parser.

/// How often each text is measured; the best counts, since a busy machine only ever adds.
let rounds = 4
/// How often a short text is classified between two looks at the clock, which costs as much as a short text does.
let repetitions = 16

func readAll(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&piece, 1, piece.count, file)
        if count == 0 { return bytes }
        bytes += piece[..<count]
    }
}

guard CommandLine.arguments.count == 2, let texts = readAll(CommandLine.arguments[1]) else {
    print("usage: ClassifierBenchmark FILE")
    exit(2)
}
/// Nanoseconds that this thread has run.
func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

var reads = 0
texts.withUnsafeBufferPointer { buffer in
    for piece in buffer.split(separator: 0, omittingEmptySubsequences: false).dropLast() {
        let text = UnsafeBufferPointer(rebasing: piece)
        let times = text.count < 10_000 ? repetitions : 1
        var best = Int.max
        for _ in 0..<rounds {
            let begin = now()
            for _ in 0..<times where SQLClassifier.classify(utf8: text).isReadOnly { reads += 1 }
            best = min(best, (now() - begin) / times)
        }
        print(best)
    }
}
