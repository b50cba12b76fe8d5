/// Whether a text says ORDER BY: enough for a remark about paging, and not a decision.
enum OrderByWords {
    /// - Returns: whether the words stand anywhere in the text, in a comment too.
    static func occur(in sql: String) -> Bool {
        var afterOrder = false
        var word: [UInt8] = []
        for byte in sql.utf8 {
            let lower = byte | 0x20
            if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || byte == UInt8(ascii: "_") || byte >= 0x80 {
                if word.count < 8 { word.append(lower) }
                continue
            }
            if word.isEmpty { continue }
            if afterOrder, word == [0x62, 0x79] { return true }
            afterOrder = word == Array("order".utf8)
            word.removeAll(keepingCapacity: true)
        }
        return afterOrder && word == [0x62, 0x79]
    }
}
