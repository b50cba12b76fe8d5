import Testing

@testable import AgentCore

@Suite("Addresses of resources")
struct ResourceURITests {
    @Test(
        "An address is read and written back",
        arguments: [
            ("pg://databases", ResourceURI.databases),
            ("pg://system_info", .systemInfo(database: nil)),
            ("pg://shop/system_info", .systemInfo(database: "shop")),
            ("pg://shop/schema", .schema(database: "shop")),
            ("pg://shop/public/orders", .table(database: "shop", schema: "public", table: "orders")),
            ("pg://shop/public/a%2Fb", .table(database: "shop", schema: "public", table: "a/b")),
            ("pg://shop/public/Gr%C3%B6%C3%9Fe%25", .table(database: "shop", schema: "public", table: "Größe%")),
            ("pg://databases/schema", .schema(database: "databases")),
        ])
    func roundTrip(text: String, uri: ResourceURI) {
        #expect(ResourceURI(text) == uri)
        #expect(uri.text == text)
    }

    @Test("The scheme is read in either case, raw characters of a name are taken, one slash at the end is forgiven")
    func lenient() {
        #expect(ResourceURI("PG://databases/") == .databases)
        #expect(ResourceURI("pg://shop/public/Größe") == .table(database: "shop", schema: "public", table: "Größe"))
    }

    @Test(
        "What is no address, or would be another one elsewhere, is refused",
        arguments: [
            "", "pg:", "pg://", "pg:///", "pg://shop", "pg://shop/", "pg://shop/other", "pg://shop/public/orders/",
            "pg://shop//orders", "pg://shop/public/orders/more", "http://shop/schema", "pg://shop/../etc/passwd",
            "pg://shop/../schema", "pg://shop/public/..", "pg://shop/public/%2e%2E", "pg://shop/./orders",
            "pg://shop/public/%", "pg://shop/public/%4", "pg://shop/public/%zz", "pg://shop/public/%ff",
            "pg://shop/public/%00", "pg://shop/public/a%0Ab", "pg://shop/schema?x=1", "pg://shop/schema#x",
            "pg://databases//", "file:///etc/passwd", "pg://shop/public/" + String(repeating: "a", count: 5000),
        ])
    func refused(text: String) {
        #expect(ResourceURI(text) == nil)
    }
}
