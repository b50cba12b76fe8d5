/// The blocks of a PEM file (RFC 7468), taken apart by their lines; what stands between them is left out.
enum PEMText {
    /// One block.
    struct Block: Sendable {
        /// Such as `CERTIFICATE` or `PRIVATE KEY`.
        let label: String
        /// The block with its first and last line.
        let text: String
    }

    /// The most blocks of one file: a bundle of authorities has a few hundred.
    static let mostBlocks = 1000

    /// Every whole block, in order.
    static func blocks(_ bytes: [UInt8]) -> [Block] {
        var blocks: [Block] = []
        var label: String?
        var lines = ""
        for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("-----BEGIN "), text.hasSuffix("-----") {
                label = String(text.dropFirst(11).dropLast(5))
                lines = text + "\n"
            } else if let begun = label {
                lines += text + "\n"
                guard text.hasPrefix("-----END ") else { continue }
                blocks.append(Block(label: begun, text: lines))
                label = nil
                if blocks.count == mostBlocks { break }
            }
        }
        return blocks
    }
}
