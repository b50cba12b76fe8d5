/// In which order the calls of one answer are run.
enum CallPlan {
    /// Groups of calls, one group after the other; those of one group at once.
    ///
    /// Neighbours that only read run together. What may write runs alone and in its place, so that what a model wrote in order
    /// happens in order, and a person is asked one question at a time.
    ///
    /// - Parameter reads: Of each call, whether it only reads.
    static func groups(reads: [Bool]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        while start < reads.count {
            var end = start + 1
            if reads[start] { while end < reads.count, reads[end] { end += 1 } }
            groups.append(start..<end)
            start = end
        }
        return groups
    }
}
