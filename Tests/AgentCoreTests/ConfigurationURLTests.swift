import Testing

@testable import AgentCore

@Suite("PostgreSQL URLs, taken apart as libpq does")
struct ConnectionURLTests {
    @Test(
        "Each part becomes its keyword",
        arguments: [
            ("postgresql://", [:]),
            ("postgres:///shop", ["dbname": "shop"]),
            ("postgresql://reader@db1:5433/shop", ["user": "reader", "host": "db1", "port": "5433", "dbname": "shop"]),
            ("postgresql://db1:1,db2,db3:3/x", ["host": "db1,db2,db3", "port": "1,,3", "dbname": "x"]),
            ("postgresql://[::1]:5432/x", ["host": "::1", "port": "5432", "dbname": "x"]),
            ("postgresql://%2Frun%2Fpg/x", ["host": "/run/pg", "dbname": "x"]),
            ("postgresql:///x?host=/run/pg&sslmode=require", ["dbname": "x", "host": "/run/pg", "sslmode": "require"]),
            ("postgresql://h/x?ssl=true", ["host": "h", "dbname": "x", "sslmode": "require"]),
            ("postgresql://u%40h@h", ["user": "u@h", "host": "h"]),
            ("postgresql://h/a%20b", ["host": "h", "dbname": "a b"]),
        ] as [(String, [String: String])])
    func parts(text: String, parameters: [String: String]) throws {
        #expect(try ConnectionURL(text).parameters == parameters)
    }

    @Test(
        "The password is taken out, wherever it stands",
        arguments: ["postgresql://u:s%3Acret@h/x", "postgresql://u@h/x?password=s:cret"])
    func password(text: String) throws {
        let url = try ConnectionURL(text)
        #expect(url.password == "s:cret")
        #expect(url.parameters["password"] == nil)
        #expect(url.holdsSecret)
        #expect(!url.description.contains("cret"))
    }

    @Test("The passphrase of a client key is hidden as well")
    func passphrase() throws {
        let url = try ConnectionURL("postgresql://h/x?sslpassword=geheim")
        #expect(url.holdsSecret)
        #expect(url.description == "postgresql://h/x?sslpassword=********")
    }

    @Test(
        "What is no such URL is refused without being repeated",
        arguments: [
            "", "shop", "mysql://h", "postgresql://h:0/x", "postgresql://h:port/x", "postgresql://[::1/x",
            "postgresql://[]/x", "postgresql://[::1]x/x", "postgresql://h/x?a", "postgresql://h/x?=1",
            "postgresql://h/x?a=1=2", "postgresql://h/%zz", "postgresql://h/%0", "postgresql://h/%00",
            "postgresql://h/%ff", "postgresql://h/x?replication=database", "postgresql://u:geheim@h:x/",
        ])
    func refused(text: String) {
        let error = #expect(throws: ConnectionURLError.self) { _ = try ConnectionURL(text) }
        #expect(error?.description.contains("geheim") == false)
    }

    @Test("A database that says nothing leaves everything to libpq")
    func empty() {
        #expect(DatabaseConfiguration(name: "x").connectionParameters().isEmpty)
    }

    @Test("Several hosts are joined, with the entry's port where they have none")
    func hosts() {
        var database = DatabaseConfiguration(name: "x")
        database.hosts = [HostAddress(host: "a", port: 1), HostAddress(host: "b")]
        #expect(database.connectionParameters() == ["host": "a,b", "port": "1,"])
        database.port = 5433
        #expect(database.connectionParameters() == ["host": "a,b", "port": "1,5433"])
        database.port = nil
        database.hosts = [HostAddress(host: "a"), HostAddress(host: "b")]
        #expect(database.connectionParameters() == ["host": "a,b"])
    }

    @Test("Keys of the entry win over the same part of its URL, and the password is never there")
    func keysWin() throws {
        var database = DatabaseConfiguration(name: "x")
        database.url = try ConnectionURL("postgresql://u:p@h:1/d")
        database.user = "reader"
        database.sslmode = .verifyFull
        database.password = .literal("p")
        #expect(
            database.connectionParameters()
                == ["host": "h", "port": "1", "dbname": "d", "user": "reader", "sslmode": "verify-full"])
    }
}
