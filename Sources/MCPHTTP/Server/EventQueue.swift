/// The messages of one stream, with what is on its way, what is kept for a client that comes back, and when who writes has
/// to wait. Pure: it does no I/O and knows no clock.
package struct EventQueue: Sendable {
    /// A message with its place in the stream, from 1 on.
    package struct Entry: Sendable, Hashable {
        package let number: Int
        package let bytes: [UInt8]
    }

    /// From so many unsent bytes on there is no room.
    private let limit: Int
    /// So many bytes that were sent are kept.
    private let retained: Int
    private var entries: ArraySlice<Entry> = []
    private var nextNumber = 1
    /// The number of the first entry that was not taken.
    private var cursor = 1
    private(set) var storedBytes = 0
    private(set) var unsentBytes = 0
    /// Whether somebody reads; each reader has a generation of its own.
    private(set) var isAttached = false
    private(set) var generation = 0
    /// No message comes any more.
    private(set) var isFinished = false

    init(limit: Int, retained: Int) {
        self.limit = limit
        self.retained = retained
    }

    /// Whether a message can be appended now. While nobody reads there is room: the oldest goes.
    var hasRoom: Bool { !isAttached || unsentBytes < limit }

    /// The number of the entries that were not taken.
    var unsentCount: Int { entries.endIndex - firstUnsent }

    /// All is taken, and no more comes.
    var isDrained: Bool { isFinished && unsentCount == 0 }

    /// The number of the last message that was taken, 0 before the first.
    var lastTaken: Int { cursor - 1 }

    /// The number of the message behind which all is kept that came after it, for a reader that comes back.
    var lastForgotten: Int { (entries.first?.number ?? nextNumber) - 1 }

    private var firstUnsent: Int {
        // The numbers of the entries follow each other without a gap.
        guard let first = entries.first else { return entries.endIndex }
        return min(entries.endIndex, entries.startIndex + max(0, cursor - first.number))
    }

    mutating func append(_ bytes: [UInt8]) {
        guard !isFinished else { return }
        entries.append(Entry(number: nextNumber, bytes: bytes))
        nextNumber += 1
        storedBytes += bytes.count
        unsentBytes += bytes.count
        trim()
    }

    /// Ends the stream with its last message, or without one.
    mutating func finish(_ bytes: [UInt8]?) {
        if let bytes { append(bytes) }
        isFinished = true
    }

    /// Starts a reader, which ends the one before it.
    ///
    /// - Parameter last: the number of the last message that the client has; `nil` goes on behind what was taken.
    /// - Returns: the generation of the reader; `nil` when the stream never was there, or what comes next is gone.
    mutating func attach(after last: Int?) -> Int? {
        if let last {
            let first = entries.first?.number ?? nextNumber
            guard last >= first - 1, last < nextNumber else { return nil }
            cursor = last + 1
            unsentBytes = entries[firstUnsent...].reduce(0) { $0 + $1.bytes.count }
        }
        generation += 1
        isAttached = true
        return generation
    }

    /// Ends a reader.
    ///
    /// - Returns: whether it was the present one.
    mutating func detach(_ reader: Int) -> Bool {
        guard isAttached, reader == generation else { return false }
        isAttached = false
        generation += 1
        return true
    }

    /// The next messages, about `maximumBytes` of them and at least one; empty when there is none.
    mutating func take(maximumBytes: Int) -> [Entry] {
        var taken: [Entry] = []
        var bytes = 0
        for entry in entries[firstUnsent...] {
            guard taken.isEmpty || bytes + entry.bytes.count <= maximumBytes else { break }
            taken.append(entry)
            bytes += entry.bytes.count
            cursor = entry.number + 1
        }
        unsentBytes -= bytes
        trim()
        return taken
    }

    /// Drops what was sent beyond what is kept; while nobody reads, also the oldest unsent beyond the limit. The newest
    /// message stays: it may be the answer.
    private mutating func trim() {
        while entries.count > 1, let first = entries.first {
            let isSent = first.number < cursor
            // What was sent lies before what was not, so it has to go first.
            let isOverfull = !isAttached && unsentBytes > limit
            let isTooMuch = isOverfull || (isSent && storedBytes - unsentBytes > retained)
            // With nothing to keep, the newest goes as well once it is sent.
            guard isTooMuch else { break }
            entries.removeFirst()
            storedBytes -= first.bytes.count
            if !isSent {
                unsentBytes -= first.bytes.count
                cursor = first.number + 1
            }
        }
        if retained == 0, let only = entries.first, entries.count == 1, only.number < cursor {
            entries = []
            storedBytes = 0
        }
    }
}
