/// Text from outside, made fit for a message on one line of a terminal or of a log.
package enum PlainText {
    /// The text in double quotes, with quotes, backslashes and control characters escaped as YAML and JSON do.
    package static func quoted(_ text: String) -> String {
        "\"" + escaped(text, quotes: true) + "\""
    }

    /// The text with control characters escaped, so that it can neither end a line nor steer a terminal.
    ///
    /// - Parameters:
    ///   - text: Any text.
    ///   - quotes: Whether quotes and backslashes are escaped as well.
    package static func escaped(_ text: String, quotes: Bool = false) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quotes: result += "\\\""
            case "\\" where quotes: result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if isControl(scalar) {
                    let digits = String(scalar.value, radix: 16)
                    let width = scalar.value > 0xFFFF ? 8 : 4
                    result += scalar.value > 0xFFFF ? "\\U" : "\\u"
                    result += String(repeating: "0", count: width - digits.utf8.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// A short form of a text for a message: at most `limit` scalars, quoted.
    package static func excerpt(_ text: String, limit: Int = 60) -> String {
        let head = String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
        return head.unicodeScalars.count < text.unicodeScalars.count ? quoted(head) + "…" : quoted(head)
    }

    /// What a terminal would act on instead of showing it, what ends a line, and what hides or reorders the text around it:
    /// the one list of such characters, for every terminal, log and message.
    package static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value >= 0x20, scalar.value < 0x7F { return false }
        return switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: true  // C0, DEL, C1
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: true  // direction of writing (CVE-2021-42574)
        case 0x2028, 0x2029: true  // line and paragraph separator
        case 0xFEFF, 0xFFF9...0xFFFB: true  // byte order mark, interlinear annotation
        case 0xE0000...0xE007F: true  // tags: text that no terminal shows, but that a program reads
        default: false
        }
    }

    /// JSON text with every such character beyond ASCII written as an escape, which says the same to a program: outside of
    /// strings JSON is ASCII, and below 0x20 and for DEL the writer escapes already.
    ///
    /// - Parameter json: JSON text as UTF-8.
    package static func jsonForTerminals(_ json: [UInt8]) -> String {
        let text = String(decoding: json, as: UTF8.self)
        if json.allSatisfy({ $0 < 0x7F }) { return text }
        guard text.unicodeScalars.contains(where: { $0.value >= 0x7F && isControl($0) }) else { return text }
        var result = ""
        result.reserveCapacity(json.count + 64)
        for scalar in text.unicodeScalars {
            guard scalar.value >= 0x7F, isControl(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result
    }
}

extension PlainText {
    /// Whether a text is short and consists of letters, digits and `_ - .` only, and so needs no quotes in a message.
    package static func isSimpleName(_ text: String) -> Bool {
        (1...80).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_" || scalar == "-"
                        || scalar == ".")
            }
    }
}
