#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What counts as one address for a limit: an IPv4 address, or the /64 network of an IPv6 address, all of whose addresses one
/// machine can have (RFC 4291, section 2.5.4).
public enum AddressBlock {
    /// The block of an address.
    ///
    /// - Parameter address: An address as text; anything else is a block of its own.
    public static func of(_ address: String) -> String {
        let text = address.prefix { $0 != "%" }
        guard text.contains(":") else { return address }
        var parsed = in6_addr()
        guard inet_pton(AF_INET6, String(text), &parsed) == 1 else { return address }
        let bytes = withUnsafeBytes(of: &parsed) { Array($0) }
        // An IPv4 address in the form of IPv6 is what an IPv4 caller looks like on a socket for both.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes[12...].map(String.init).joined(separator: ".")
        }
        return Digest.hexadecimal(bytes[..<8]) + "::/64"
    }
}
