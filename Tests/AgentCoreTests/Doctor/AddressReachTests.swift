import Testing

@testable import AgentCore

@Suite("AddressReach")
struct ListenAddressTests {
    @Test(
        "Who can reach an address",
        arguments: [
            ("127.0.0.1:80", true, false, true), ("localhost:80", true, false, false), ("[::1]:80", true, false, false),
            ("0.0.0.0:80", false, true, false), ("[::]:80", false, true, false), ("*:80", false, true, false),
            ("10.0.0.1:80", false, false, true), ("172.31.0.1:80", false, false, true),
            ("172.32.0.1:80", false, false, false), ("[fd00::1]:80", false, false, true),
            ("8.8.8.8:80", false, false, false), ("fd.example.com:80", false, false, false),
            ("127.0.0.1.example.com:80", false, false, false),
        ])
    func reach(_ text: String, _ isLoopback: Bool, _ isWide: Bool, _ isPrivate: Bool) {
        let address = AddressReach(text)
        #expect(address.isLoopback == isLoopback)
        #expect(address.isWide == isWide)
        #expect(address.isPrivate == isPrivate)
    }

    @Test(
        "Whether the host of a URL is this machine",
        arguments: [
            ("http://localhost:11434/v1", true), ("http://127.0.0.1", true), ("http://[::1]:80/", true),
            ("http://localhost@example.com", false), ("http://localhost.example.com", false), ("nothing", false),
        ])
    func urls(_ url: String, _ isLoopback: Bool) {
        #expect(AddressReach.isLoopback(url: url) == isLoopback)
    }
}
