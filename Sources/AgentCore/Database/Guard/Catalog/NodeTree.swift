/// What an expression or a query of the catalog mentions, read from PostgreSQL's own text form of its trees
/// (`src/backend/nodes/outfuncs.c`): `{FUNCEXPR :funcid 1067 … :args ({CONST …})}`.
///
/// The tree says what the server resolved each name to, so nothing has to be looked up. Labels of versions to come are
/// met by reading every number of a user's object as a reference, whatever its label, except where it is known to be
/// something else. Reading never recurses.
struct NodeTree {
    /// Functions, by `funcid` and its like.
    private(set) var functions: Set<UInt32> = []
    /// Operators.
    private(set) var operators: Set<UInt32> = []
    /// Relations of range tables.
    private(set) var relations: Set<UInt32> = []
    /// Types of which the expression makes values: coercions to domains, through text, of columns of XMLTABLE.
    private(set) var made: Set<UInt32> = []
    /// Users' types of values in it, made or not.
    private(set) var held: Set<UInt32> = []
    /// Numbers of users' objects under a label that is not known.
    private(set) var others: Set<UInt32> = []
    /// The arguments of `current_setting`; nil for one that is not a constant.
    private(set) var settings: Set<String?> = []
    /// Whether it advances a sequence.
    private(set) var advancesSequence = false

    /// The type of the constant in hand.
    private var constantType: UInt32 = 0

    /// OIDs from here on are users' objects (`FirstNormalObjectId`).
    static let firstUserOID: UInt32 = 16384
    /// `current_setting(text)` and `current_setting(text, boolean)`.
    static let settingReaders: Set<UInt32> = [2077, 3294]

    private enum Label {
        case function, `operator`, relation, resultType, columnTypes, constantType, type, nullness, value, args,
            ignored, other
    }

    /// Reads one more tree.
    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        let count = bytes.count
        // Whether each open node coerces, which gives its `resulttype` a meaning.
        var coerces: [Bool] = []
        var label = Label.other
        /// Whether the argument of current_setting is looked for.
        var wantsSetting = false
        var setting: [UInt8] = []
        var isInConstant = false
        func isBreak(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x20, 0x28, 0x29, 0x7B, 0x7D, 0x5B, 0x5D, 0x0A, 0x09: true
            default: false
            }
        }
        while position < count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "{"):
                var end = position + 1
                while end < count, !isBreak(bytes[end]) { end += 1 }
                let name = UnsafeRawBufferPointer(rebasing: bytes[(position + 1)..<end])
                coerces.append(Self.coerces(name))
                if Self.equal(name, "NEXTVALUEEXPR") { advancesSequence = true }
                if wantsSetting, label == .args {
                    isInConstant = Self.equal(name, "CONST")
                    if !isInConstant {
                        settings.insert(nil)
                        wantsSetting = false
                    }
                }
                position = end
            case UInt8(ascii: "}"):
                _ = coerces.popLast()
                position += 1
            case UInt8(ascii: ":"):
                var end = position + 1
                while end < count, !isBreak(bytes[end]) { end += 1 }
                label = Self.label(UnsafeRawBufferPointer(rebasing: bytes[(position + 1)..<end]))
                position = end
            case UInt8(ascii: "["):
                // The bytes of a constant.
                setting.removeAll(keepingCapacity: true)
                position += 1
                while position < count, bytes[position] != UInt8(ascii: "]") {
                    if let number = Self.number(bytes, &position) {
                        if isInConstant { setting.append(UInt8(truncatingIfNeeded: number)) }
                    } else {
                        position += 1
                    }
                }
                if wantsSetting, isInConstant {
                    settings.insert(Self.text(setting))
                    wantsSetting = false
                    isInConstant = false
                }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let startsToken = position == 0 || isBreak(bytes[position - 1])
                let start = position
                if let number = Self.number(bytes, &position), startsToken, number >= 0, number <= UInt32.max,
                    position == count || isBreak(bytes[position])
                {
                    let oid = UInt32(number)
                    note(oid, label, coerces: coerces.last == true)
                    if label == .function, Self.settingReaders.contains(oid) { wantsSetting = true }
                }
                if position == start { position += 1 }
            case UInt8(ascii: "\\"):
                position += 2
            case 0x20, 0x28, 0x29, 0x5D, 0x0A, 0x09:
                position += 1
            default:
                // A NULL tells a function which type to fill.
                if label == .nullness, byte == UInt8(ascii: "t"), constantType >= Self.firstUserOID {
                    made.insert(constantType)
                }
                while position < count, !isBreak(bytes[position]), bytes[position] != UInt8(ascii: "\\") {
                    position += 1
                }
            }
        }
        // A call without arguments that could be read.
        if wantsSetting { settings.insert(nil) }
    }

    private mutating func note(_ oid: UInt32, _ label: Label, coerces: Bool) {
        switch label {
        case .resultType, .columnTypes, .constantType, .type: if oid >= Self.firstUserOID { held.insert(oid) }
        default: break
        }
        switch label {
        case .function: if oid > 0 { functions.insert(oid) }
        // One of the server may have been given a negator or a commutator that a user made.
        case .operator: if oid > 0 { operators.insert(oid) }
        case .relation: if oid > 0 { relations.insert(oid) }
        case .resultType: if coerces, oid >= Self.firstUserOID { made.insert(oid) }
        case .columnTypes: if oid >= Self.firstUserOID { made.insert(oid) }
        case .other: if oid >= Self.firstUserOID { others.insert(oid) }
        case .constantType: constantType = oid
        case .value, .args, .nullness, .ignored, .type: break
        }
    }

    /// Nodes that make a value of their result type.
    private static func coerces(_ name: UnsafeRawBufferPointer) -> Bool {
        equal(name, "COERCETODOMAIN") || equal(name, "COERCEVIAIO") || equal(name, "ARRAYCOERCEEXPR")
            || equal(name, "CONVERTROWTYPEEXPR") || equal(name, "XMLEXPR") || equal(name, "JSONEXPR")
            || equal(name, "COERCETODOMAINVALUE")
    }

    /// Places in a text, modifiers, and the collations and owners of what stands there anyway.
    private static let ignoredEnds: [StaticString] = [
        "location", "stmt_len", "typmod", "typmods", "collid", "coll", "collation",
        "collations", "resorigtbl", "checkAsUser", "frameOptions", "requiredPerms", "Cols", "name", "names", "str",
    ]

    /// Types of what stands there anyway.
    private static let typeEnds: [StaticString] = ["type", "types", "typeid"]

    private static func label(_ name: UnsafeRawBufferPointer) -> Label {
        if ends(name, "funcid") || ends(name, "fnoid") || ends(name, "RangeFunc") || ends(name, "procid") {
            return .function
        }
        if equal(name, "opno") || equal(name, "opnos") || ends(name, "eqop") || ends(name, "sortop")
            || ends(name, "cmpop") || ends(name, "eqoperator")
        {
            return .operator
        }
        if equal(name, "relid") || equal(name, "seqid") || equal(name, "relationOids") { return .relation }
        if equal(name, "resulttype") || equal(name, "row_typeid") { return .resultType }
        if equal(name, "consttype") { return .constantType }
        if equal(name, "constisnull") { return .nullness }
        if equal(name, "coltypes") || equal(name, "typid") || equal(name, "funccoltypes")
            || equal(name, "funcresulttype")
        {
            return .columnTypes
        }
        if equal(name, "args") { return .args }
        if equal(name, "constvalue") { return .value }
        for end in typeEnds where ends(name, end) { return .type }
        for end in ignoredEnds where ends(name, end) { return .ignored }
        return .other
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && ends(bytes, text)
    }

    private static func ends(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard bytes.count >= length else { return false }
        let start = bytes.count - length
        for index in 0..<length where bytes[start + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Reads digits, with a sign before them; nil when there are none.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int64? {
        var index = position
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let start = index
        var value: Int64 = 0
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
            if index - start < 15 { value = value * 10 + Int64(bytes[index] - 0x30) }
            index += 1
        }
        guard index > start else { return nil }
        position = index
        return index - start > 15 ? -1 : isNegative ? -value : value
    }

    /// The text of a constant of type `text`: a header of four bytes, or of one for a short one, and the characters.
    private static func text(_ bytes: [UInt8]) -> String? {
        // Constants of the parser have the long header, its length times four in the server's byte order.
        guard bytes.count >= 4 else { return nil }
        let little = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16 | Int(bytes[3]) << 24
        let big = Int(bytes[3]) | Int(bytes[2]) << 8 | Int(bytes[1]) << 16 | Int(bytes[0]) << 24
        guard little == bytes.count << 2 || big == bytes.count else { return nil }
        return String(decoding: bytes.dropFirst(4), as: UTF8.self)
    }
}
