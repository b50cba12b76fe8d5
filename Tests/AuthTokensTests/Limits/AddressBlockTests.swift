import AuthTokens
import Testing

@Suite("What counts as one address")
struct AddressBlockTests {
    @Test(
        "An IPv6 network counts as one, an IPv4 address is itself however it is written",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "20010db800000000::/64"),
            ("2001:db8:0:0:ffff::2", "20010db800000000::/64"), ("2001:db8:0:1::1", "20010db800000001::/64"),
            ("fe80::1%eth0", "fe80000000000000::/64"), ("", ""), ("no:address", "no:address"), ("unix", "unix"),
        ])
    func blocks(address: String, block: String) {
        #expect(AddressBlock.of(address) == block)
    }
}

@Suite("What an administrator and time do to a principal")
struct CurrentPrincipalTests {
    @Test("A principal is what its token or user is now, and nobody once that is gone")
    func current() async throws {
        try await withAccountFiles { files in
            try UserFile(path: files.users).add(name: "ada", password: "rainy-tuesday-lamp", cost: .cheap)
            let accounts = try Accounts(files: files)
            let outcome = await accounts.administer { (accounts) throws(AccountError) in
                try accounts.tokens.file.create(TokenRequest(owner: "ada", scopes: [.read, .write])).record
            }
            let token = try #require(try outcome?.get())
            // It holds when the change returns.
            #expect(accounts.tokens.records.map(\.id) == [token.id])
            #expect(accounts.current(token.principal)?.scopes == [.read, .write])
            let user = try #require(accounts.users["ada"]).principal
            #expect(accounts.current(user) == user)
            _ = await accounts.administer { (accounts) throws(AccountError) in
                try accounts.tokens.file.change(token.id) { $0.scopes = [.read] }
            }
            #expect(accounts.current(token.principal)?.scopes == [.read])
            _ = await accounts.administer { (accounts) throws(AccountError) in
                try accounts.tokens.file.revoke(id: token.id)
                try accounts.users.file.delete("ada")
            }
            #expect(accounts.current(token.principal) == nil && accounts.current(user) == nil)
            let failed = await accounts.administer { (accounts) throws(AccountError) in
                try accounts.tokens.file.revoke(id: "tk_0")
            }
            #expect(throws: AccountError.self) { try failed?.get() }
        }
    }

    @Test("A failure of a name that nobody has costs a write as well, and leaves no trace of the name")
    func equalWork() async throws {
        try await withAccountFiles { files in
            let accounts = try Accounts(files: files)
            let outcome = await accounts.signIn(name: "nobody", password: "x", address: "192.0.2.1")
            guard case .refused(.wrong) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let kept = try text(of: try #require(files.state) + "/lockouts")
            #expect(kept == "postgres-agent-lockouts 1\n")
        }
    }
}
