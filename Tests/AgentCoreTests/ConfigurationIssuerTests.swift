import AuthTokens
import Testing

@testable import AgentCore

@Suite("The configuration of accounts and of an OAuth issuer")
struct ConfigurationIssuerTests {
    @Test("An issuer with an audience is taken over, with its names of scopes")
    func accepted() throws {
        let yaml =
            "http: {auth: {oauth: {issuer: 'https://i.example/t', audience: 'https://a.example/mcp', scopes: {read: db.read}}}}"
        let oauth = try ConfigurationLoader.check(yaml: yaml, name: "t.yaml").configuration.http.auth.oauth
        #expect(oauth.issuer == "https://i.example/t" && oauth.audience == "https://a.example/mcp")
        #expect(oauth.scopes == ["read": "db.read"])
        _ = try ConfigurationLoader.check(yaml: "databases: [{name: a, users: [ada, 'oauth:x']}]", name: "t.yaml")
    }

    @Test(
        "An issuer that would let in others' tokens, or whose keys anybody could give, is refused for security",
        arguments: [
            ("{issuer: 'https://i.example'}", "audience"), ("{audience: a}", "issuer"),
            ("{issuer: 'http://i.example', audience: a}", "https://"),
            ("{issuer: 'https://i.example?x', audience: a}", "query"),
            ("{issuer: 'https://i.example', audience: a, jwks_url: 'http://i.example/k'}", "https://"),
            ("{issuer: 'https://i.example', audience: a, scopes: {read: 'a b'}}", "blank"),
        ])
    func refused(oauth: String, word: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.check(yaml: "http: {auth: {oauth: \(oauth)}}", name: "t.yaml")
        }
        #expect(error?.exitCode == 78 && error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test("Files and limits of accounts are those of the configuration; without authentication there are none")
    func accounts() throws {
        var configuration = AgentConfiguration()
        configuration.http.auth.lockoutFailures = 7
        configuration.http.auth.sessionLifetime = .seconds(90)
        let policy = Accounts.Policy(configuration.http.auth)
        #expect(
            policy.lockout.failures == 7 && policy.sessions.lifetime == .seconds(90) && policy.attemptsPerAddress == 10)
        configuration.state.directory = "/nowhere/state"
        #expect(
            AccountFiles(configuration)
                == AccountFiles(tokens: "tokens.yaml", users: "users.yaml", state: "/nowhere/state"))
        configuration.http.auth.enabled = false
        #expect(try Accounts.open(configuration) == nil)
    }
}
