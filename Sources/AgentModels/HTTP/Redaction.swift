/// Takes a key out of text of others, and makes that text fit for a message.
///
/// Services quote the key that they refuse, whole or in part. Every run of eight bytes of the key is taken out, so that a
/// key that was cut, wrapped or masked in its middle is found as well. Time is linear in the text.
struct Redaction: Sendable {
    private let windows: Set<UInt64>
    private let width: Int

    /// - Parameter secret: The key; nil when there is none.
    init(_ secret: String? = nil) {
        let bytes = Array((secret ?? "").utf8)
        width = min(8, bytes.count)
        var windows: Set<UInt64> = []
        Self.slide(bytes, width) { _, window in windows.insert(window) }
        self.windows = windows
    }

    /// The text with `[key]` for whatever is of the key.
    func clean(_ text: String) -> String {
        guard width > 0 else { return text }
        let bytes = Array(text.utf8)
        var isSecret = [Bool](repeating: false, count: bytes.count)
        // Marked from the last mark on, so that windows that overlap are not marked twice.
        var marked = 0
        Self.slide(bytes, width) { start, window in
            guard windows.contains(window) else { return }
            for index in max(start, marked)..<(start + width) { isSecret[index] = true }
            marked = start + width
        }
        guard marked > 0 else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            if !isSecret[index] {
                result.append(byte)
            } else if index == 0 || !isSecret[index - 1] {
                result += Array("[key]".utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text without the key, on one line, without what steers a terminal or hides text, and cut.
    ///
    /// - Parameters:
    ///   - text: Text of a service.
    ///   - limit: The most Unicode scalars.
    func excerpt(_ text: String, limit: Int = 300) -> String {
        let clean = clean(text)
        var result = ""
        for (count, scalar) in clean.unicodeScalars.enumerated() {
            guard count < limit else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xFFFF ? 8 : 4
                result += scalar.value > 0xFFFF ? "\\U" : "\\u"
                result += String(repeating: "0", count: width - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func slide(_ bytes: [UInt8], _ width: Int, _ body: (_ start: Int, _ window: UInt64) -> Void) {
        guard width > 0, bytes.count >= width else { return }
        let mask = width == 8 ? UInt64.max : (1 << UInt64(width * 8)) - 1
        var window: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            window = (window << 8 | UInt64(byte)) & mask
            if index + 1 >= width { body(index + 1 - width, window) }
        }
    }
}
