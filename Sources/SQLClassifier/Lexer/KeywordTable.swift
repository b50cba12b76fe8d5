/// Finds keywords without allocating: a table hashed by the letters, packed into two words.
struct KeywordTable {
    /// The longest keyword, `current_timestamp`; one byte more than two words hold.
    static let longest = 17
    /// The table, built at first use and never changed after, so that any thread may read it.
    nonisolated(unsafe) static let shared = KeywordTable()

    private struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        var keyword = Keyword.notAKeyword
        var length: UInt8 = 0
        var category = KeywordCategory.unreserved
    }

    /// The number of slots, a power of two several times the number of keywords, so that most look-ups try one slot.
    private static let slots = 2048
    /// Never freed, since there is one table; a pointer spares each look-up the counting of references.
    private let entries = UnsafeMutablePointer<Entry>.allocate(capacity: KeywordTable.slots)
    private let categories = UnsafeMutablePointer<KeywordCategory>.allocate(capacity: Keyword.allCases.count)
    private let names: [String]

    private init() {
        names = Self.spelledNames()
        entries.initialize(repeating: Entry(), count: Self.slots)
        categories.initialize(repeating: .unreserved, count: Keyword.allCases.count)
        let cases = Keyword.allCases
        var index = 1
        var word: (low: UInt64, high: UInt64, length: Int) = (0, 0, 0)
        var inCategory = false
        Keyword.spelling.withUTF8Buffer { text in
            for byte in text {
                if inCategory {
                    if byte == UInt8(ascii: " ") {
                        inCategory = false
                        continue
                    }
                    let category = Self.category(byte)
                    categories[index] = category
                    insert(
                        Entry(
                            low: word.low, high: word.high, keyword: cases[index], length: UInt8(word.length),
                            category: category))
                    index += 1
                    word = (0, 0, 0)
                } else if byte == UInt8(ascii: ":") {
                    inCategory = true
                } else {
                    Self.pack(byte, at: word.length, &word.low, &word.high)
                    word.length += 1
                }
            }
        }
    }

    /// The keyword that these bytes spell, in any case of ASCII letters.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of an unquoted word.
    ///   - length: how many they are.
    ///   - readable: how many bytes may be read from there on, the word's own included.
    /// - Returns: the keyword, or `.notAKeyword`.
    @inline(__always)
    func find(_ bytes: UnsafePointer<UInt8>, length: Int, readable: Int = 0) -> Keyword {
        guard length >= 2, length <= Self.longest else { return .notAKeyword }
        var low: UInt64 = 0
        var high: UInt64 = 0
        if readable >= 16 {
            (low, high) = Self.load(bytes, length)
        } else {
            for index in 0..<length { Self.pack(bytes[index], at: index, &low, &high) }
        }
        var slot = Self.slot(low, high)
        while entries[slot].length != 0 {
            if entries[slot].low == low, entries[slot].high == high, Int(entries[slot].length) == length {
                let last = bytes[length - 1] | 0x20
                return length < Self.longest || last == UInt8(ascii: "p") ? entries[slot].keyword : .notAKeyword
            }
            slot = (slot + 1) & (Self.slots - 1)
        }
        return .notAKeyword
    }

    /// The category of a keyword; for `.notAKeyword`, unreserved.
    func category(of keyword: Keyword) -> KeywordCategory { categories[Int(keyword.rawValue)] }

    /// A keyword in capitals, as messages name it.
    func capitals(of keyword: Keyword) -> String { names[Int(keyword.rawValue)] }

    private func insert(_ entry: Entry) {
        var slot = Self.slot(entry.low, entry.high)
        while entries[slot].length != 0 { slot = (slot + 1) & (Self.slots - 1) }
        entries[slot] = entry
    }

    /// Setting bit 5 folds ASCII letters; no other byte of an identifier becomes a letter by it.
    @inline(__always)
    private static func pack(_ byte: UInt8, at index: Int, _ low: inout UInt64, _ high: inout UInt64) {
        if index < 8 {
            low |= UInt64(byte | 0x20) << UInt64(index * 8)
        } else if index < 16 {
            high |= UInt64(byte | 0x20) << UInt64((index - 8) * 8)
        }
    }

    /// What `pack` makes of all bytes of a word, in two loads.
    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>, _ length: Int) -> (UInt64, UInt64) {
        let fold: UInt64 = 0x2020_2020_2020_2020
        let raw = UnsafeRawPointer(bytes)
        let low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self)) | fold
        if length < 8 { return (low & (1 << UInt64(length * 8) - 1), 0) }
        let high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) | fold
        return (low, length < 16 ? high & (1 << UInt64((length - 8) * 8) - 1) : high)
    }

    @inline(__always)
    private static func slot(_ low: UInt64, _ high: UInt64) -> Int {
        let mixed = (low &* 0x9E37_79B9_7F4A_7C15) ^ (high &* 0xC2B2_AE3D_27D4_EB4F)
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 29)) &* 0x9E37_79B9_7F4A_7C15 >> 40) & (slots - 1)
    }

    private static func spelledNames() -> [String] {
        var names = [""]
        var name = ""
        var inCategory = false
        Keyword.spelling.withUTF8Buffer { text in
            for byte in text {
                switch byte {
                case UInt8(ascii: ":"):
                    names.append(name)
                    name = ""
                    inCategory = true
                case UInt8(ascii: " "): inCategory = false
                case 0x61...0x7A where !inCategory: name.unicodeScalars.append(Unicode.Scalar(byte & 0xDF))
                default: if !inCategory { name.unicodeScalars.append(Unicode.Scalar(byte)) }
                }
            }
        }
        return names
    }

    private static func category(_ letter: UInt8) -> KeywordCategory {
        switch letter {
        case UInt8(ascii: "c"): .columnName
        case UInt8(ascii: "t"): .typeFunctionName
        case UInt8(ascii: "r"): .reserved
        default: .unreserved
        }
    }
}
