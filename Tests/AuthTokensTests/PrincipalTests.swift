import AuthTokens
import Testing

@Suite("Who a call is made for")
struct PrincipalTests {
    @Test("The local principal may use every database and administers nothing")
    func local() {
        #expect(Principal.local.may(.read))
        #expect(Principal.local.mayUse(database: "anything"))
        #expect(!Principal.local.may(.admin))
    }

    @Test("A principal bound to databases may use these alone, compared exactly")
    func bound() {
        let principal = Principal(id: "t1", name: "reports", scopes: [.read], databases: ["shop"])
        #expect(principal.mayUse(database: "shop"))
        #expect(!principal.mayUse(database: "Shop"))
        #expect(!principal.mayUse(database: "hr"))
        #expect(!principal.may(.write))
    }

    @Test("A principal bound to databases administers nothing, whatever its file says", arguments: [["shop"], []])
    func boundAdministrator(databases: [String]) {
        let principal = Principal(id: "t", name: "t", scopes: [.read, .admin], databases: databases)
        #expect(!principal.may(.admin) && principal.scopes == [.read])
        #expect(Principal(id: "t", name: "t", scopes: [.admin]).may(.admin))
    }

    @Test("A principal bound to an empty list may use no database")
    func boundToNothing() {
        #expect(!Principal(id: "t", name: "t", scopes: [], databases: []).mayUse(database: "shop"))
    }

    @Test(
        "A scope's name is what token files say", arguments: zip(Scope.allCases, ["read", "write", "approve", "admin"]))
    func names(scope: Scope, name: String) {
        #expect(scope.rawValue == name)
    }
}
