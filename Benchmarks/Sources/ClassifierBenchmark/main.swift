import SQLClassifier

// Reads a file of statements, each ended by a NUL byte, classifies each several times and prints the nanoseconds that the
// best run of each took, one a line, in order. benchmarks/classifier.py compares them with PostgreSQL's parser.

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

func readAll(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&piece, 1, piece.count, file)
        if count == 0 { return bytes }
        bytes += piece[..<count]
    }
}

guard CommandLine.arguments.count == 2 else {
    print("usage: ClassifierBenchmark FILE")
    exit(2)
}
let clock = ContinuousClock()
let text = readAll(CommandLine.arguments[1])
var reads = 0
text.withUnsafeBufferPointer { buffer in
    for piece in buffer.split(separator: 0, omittingEmptySubsequences: false).dropLast() {
        let statement = UnsafeBufferPointer(rebasing: piece)
        var best = Duration.seconds(1_000)
        for _ in 0..<3 {
            let elapsed = clock.measure { if SQLClassifier.classify(utf8: statement).isReadOnly { reads += 1 } }
            best = min(best, elapsed)
        }
        print(best.components.attoseconds / 1_000_000_000 + best.components.seconds * 1_000_000_000)
    }
}
