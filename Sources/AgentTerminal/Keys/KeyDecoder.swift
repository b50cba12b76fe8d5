/// Makes keys of the bytes that a terminal sends, which may be cut anywhere.
///
/// Knows UTF-8, CSI and SS3 sequences (ECMA-48; xterm's `ctlseqs`), Alt as a prefix of Esc, and bracketed paste. Esc alone
/// cannot be told from the start of a sequence but by waiting: whoever reads calls ``flush()`` when nothing more came.
public struct KeyDecoder: Sendable {
    private enum State: Sendable, Hashable {
        case ground, escape, sequence, single, paste
        case character(needed: Int)
    }

    /// The most bytes that are kept of one paste.
    public static let longestPaste = 1 << 20

    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    private static let longestSequence = 64

    private var state = State.ground
    private var bytes: [UInt8] = []
    /// Whether Alt was held with the character that is being read.
    private var hasAlt = false
    /// How many bytes of the end of a paste were seen.
    private var pasteMatch = 0

    /// Waits for the first byte.
    public init() {}

    /// Whether more bytes may belong to what has come: call ``flush()`` when none come for a while.
    public var isPending: Bool { state != .ground && state != .paste }

    /// Reads on.
    ///
    /// - Parameter input: The next bytes.
    /// - Returns: The keys that are complete.
    public mutating func feed(_ input: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in input { feed(byte, &keys) }
        return keys
    }

    /// Nothing more came: what has come is all.
    ///
    /// - Returns: The keys that it makes.
    public mutating func flush() -> [Key] {
        defer { if state != .paste { reset() } }
        switch state {
        case .ground, .paste: return []
        case .escape: return [.escape]
        case .sequence: return bytes.isEmpty ? [.alt("[")] : [.unknown]
        case .single: return [.alt("O")]
        case .character: return [.text("\u{FFFD}")]
        }
    }

    private mutating func reset() {
        state = .ground
        bytes = []
        hasAlt = false
    }

    private mutating func feed(_ byte: UInt8, _ keys: inout [Key]) {
        switch state {
        case .ground: ground(byte, &keys)
        case .escape: escape(byte, &keys)
        case .sequence: sequence(byte, &keys)
        case .single:
            reset()
            keys.append(Self.key(final: byte, parameters: []))
        case .paste: paste(byte, &keys)
        case .character(let needed): character(byte, needed, &keys)
        }
    }

    private mutating func ground(_ byte: UInt8, _ keys: inout [Key]) {
        let alt = hasAlt
        switch byte {
        case 0x1B:
            // Esc before Esc: the first one stood alone.
            if alt { keys.append(.escape) }
            reset()
            state = .escape
            return
        case 0x0D: keys.append(alt ? .newline : .enter)
        case 0x0A: keys.append(.newline)
        case 0x09: keys.append(.tab)
        case 0x08, 0x7F: keys.append(alt ? .control("w") : .backspace)
        case 0x00: keys.append(.unknown)
        case 0x01...0x1A: keys.append(.control(Character(Unicode.Scalar(byte + 0x60))))
        case 0x1C...0x1E: keys.append(.unknown)
        // Ctrl-_ and Ctrl-/: undo, as in readline.
        case 0x1F: keys.append(.control("_"))
        case 0x20...0x7E:
            let character = Character(Unicode.Scalar(byte))
            keys.append(alt ? .alt(character) : .text(String(character)))
        case 0xC2...0xDF: return begin(byte, needed: 1)
        case 0xE0...0xEF: return begin(byte, needed: 2)
        case 0xF0...0xF4: return begin(byte, needed: 3)
        default: keys.append(.text("\u{FFFD}"))
        }
        hasAlt = false
    }

    private mutating func begin(_ byte: UInt8, needed: Int) {
        bytes = [byte]
        state = .character(needed: needed)
    }

    private mutating func character(_ byte: UInt8, _ needed: Int, _ keys: inout [Key]) {
        guard byte & 0xC0 == 0x80 else {
            reset()
            keys.append(.text("\u{FFFD}"))
            return feed(byte, &keys)
        }
        bytes.append(byte)
        guard needed == 1 else {
            state = .character(needed: needed - 1)
            return
        }
        let text = String(validating: bytes, as: UTF8.self) ?? "\u{FFFD}"
        let alt = hasAlt
        reset()
        // C1 controls do as much as C0 ones on some terminals.
        if let scalar = text.unicodeScalars.first, (0x80..<0xA0).contains(scalar.value) { return keys.append(.unknown) }
        keys.append(alt ? .alt(Character(text)) : .text(text))
    }

    private mutating func escape(_ byte: UInt8, _ keys: inout [Key]) {
        switch byte {
        case UInt8(ascii: "["): state = .sequence
        case UInt8(ascii: "O"): state = .single
        default:
            state = .ground
            hasAlt = true
            ground(byte, &keys)
        }
    }

    private mutating func sequence(_ byte: UInt8, _ keys: inout [Key]) {
        switch byte {
        case 0x40...0x7E:
            let text = String(decoding: bytes, as: UTF8.self)
            reset()
            let parameters = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            if byte == UInt8(ascii: "~"), parameters.first == 200 {
                state = .paste
                pasteMatch = 0
            } else {
                keys.append(Self.key(final: byte, parameters: parameters))
            }
        case 0x20...0x3F where bytes.count < Self.longestSequence: bytes.append(byte)
        case 0x1B:
            keys.append(.unknown)
            reset()
            state = .escape
        default:
            keys.append(.unknown)
            reset()
        }
    }

    private mutating func paste(_ byte: UInt8, _ keys: inout [Key]) {
        if byte == Self.pasteEnd[pasteMatch] {
            pasteMatch += 1
            guard pasteMatch == Self.pasteEnd.count else { return }
            keys.append(.paste(Self.pasted(bytes)))
            return reset()
        }
        // What looked like the end was text; Esc begins the end and occurs nowhere else in it.
        if bytes.count < Self.longestPaste { bytes += Self.pasteEnd[..<pasteMatch] }
        pasteMatch = byte == 0x1B ? 1 : 0
        if pasteMatch == 0, bytes.count < Self.longestPaste { bytes.append(byte) }
    }

    /// The text of a paste: line ends as `\n`, other control characters than tabs left out.
    private static func pasted(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\r": text.append("\n")
            case "\n" where last == "\r": break
            case "\n", "\t": text.append(scalar)
            default: if scalar.value >= 0x20, !(0x7F..<0xA0).contains(scalar.value) { text.append(scalar) }
            }
            last = scalar
        }
        return String(text)
    }

    private static func key(final: UInt8, parameters: [Int]) -> Key {
        // xterm: 1 and a bit each for Shift, Alt, Ctrl.
        let modifier = parameters.count > 1 ? parameters[1] - 1 : 0
        let byWord = modifier > 0 && modifier & 0b110 != 0
        switch final {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return byWord ? .wordRight : .right
        case UInt8(ascii: "D"): return byWord ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "M"): return .enter
        case UInt8(ascii: "Z"): return .backTab
        case UInt8(ascii: "u") where parameters.first == 13: return modifier == 0 ? .enter : .newline
        case UInt8(ascii: "u") where parameters.first == 27: return .escape
        case UInt8(ascii: "~"):
            switch parameters.first {
            case 1, 7: return .home
            case 3: return .delete
            case 4, 8: return .end
            case 5: return .pageUp
            case 6: return .pageDown
            case 27 where parameters.count == 3 && parameters[2] == 13: return .newline
            default: return .unknown
            }
        default: return .unknown
        }
    }
}
