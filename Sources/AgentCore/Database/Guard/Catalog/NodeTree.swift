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
    /// Whether the text was left out, so that nothing is known.
    private(set) var isTooLong = false

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
    ///
    /// A token ends where the server's own reader ends it (`pg_strtok` in `src/backend/nodes/read.c`): a name of somebody's
    /// choice may hold brackets, colons and digits, and stays one token.
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
        /// Whether the token before was the length of a constant, behind which its bytes stand in square brackets.
        var isLength = false
        if Self.equal(bytes, "-") { isTooLong = true }
        while position < count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "{"):
                let start = position + 1
                position = Self.end(of: bytes, from: start)
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                coerces.append(Self.coerces(name))
                if Self.equal(name, "NEXTVALUEEXPR") { advancesSequence = true }
                if wantsSetting, label == .args {
                    isInConstant = Self.equal(name, "CONST")
                    if !isInConstant {
                        settings.insert(nil)
                        wantsSetting = false
                    }
                }
            case UInt8(ascii: "}"):
                _ = coerces.popLast()
                position += 1
            case 0x20, 0x28, 0x29, 0x0A, 0x09:
                position += 1
            default:
                let start = position
                position = Self.end(of: bytes, from: start)
                let token = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                let isBehindLength = isLength
                isLength = false
                if byte == UInt8(ascii: ":") {
                    label = Self.label(UnsafeRawBufferPointer(rebasing: token.dropFirst()))
                } else if let number = Self.number(token) {
                    isLength = label == .value
                    guard number >= 0, number <= UInt32.max else { continue }
                    note(UInt32(number), label, coerces: coerces.last == true)
                    if label == .function, Self.settingReaders.contains(UInt32(number)) { wantsSetting = true }
                } else if isBehindLength, Self.equal(token, "[") {
                    setting.removeAll(keepingCapacity: true)
                    Self.readConstant(bytes, &position) { if isInConstant { setting.append($0) } }
                    if wantsSetting, isInConstant {
                        settings.insert(Self.text(setting))
                        wantsSetting = false
                        isInConstant = false
                    }
                } else if label == .nullness, byte == UInt8(ascii: "t"), constantType >= Self.firstUserOID {
                    // A NULL tells a function which type to fill.
                    made.insert(constantType)
                }
            }
        }
        // A call without arguments that could be read.
        if wantsSetting { settings.insert(nil) }
    }

    /// Where the token that begins at a place ends: an escaped character belongs to it, whatever it is.
    private static func end(of bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x28, 0x29, 0x7B, 0x7D, 0x0A, 0x09: return position
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return bytes.count
    }

    /// The bytes of a constant, `1 0 0 0 ]`: numbers with a blank behind each.
    private static func readConstant(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ take: (UInt8) -> Void
    ) {
        while position < bytes.count {
            guard bytes[position] != 0x20 else {
                position += 1
                continue
            }
            let end = end(of: bytes, from: position)
            guard end > position,
                let number = number(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
            else {
                // The closing bracket, or what is no constant.
                if bytes[position] == UInt8(ascii: "]") { position = end }
                return
            }
            take(UInt8(truncatingIfNeeded: number))
            position = end
        }
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

    /// A token of digits with or without a sign; nil when it is anything else, and -1 when it is too long for an OID.
    private static func number(_ token: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = token.first == UInt8(ascii: "-")
        let digits = token.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        guard digits.count <= 15 else { return -1 }
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return isNegative ? -value : value
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
