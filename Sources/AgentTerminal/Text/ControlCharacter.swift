/// The characters that a terminal acts on instead of showing them, that end a line, and that hide or reorder the text around
/// them. `AgentCore` has the same list for logs and messages; a test holds the two against each other.
public enum ControlCharacter {
    /// Whether a scalar is one of them.
    public static func isControl(_ scalar: Unicode.Scalar) -> Bool {
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
}
