import TestSupport
import Testing

@testable import AgentCore

/// Names in a database whose encoding is not UTF-8 (found by an attacker: 62 times é is 62 bytes there, and 124 here).
@Suite("Names in other encodings than UTF-8")
struct NameEncodingTests {
    private static let long = String(repeating: "é", count: 62)

    private static let setup = """
        CREATE FUNCTION "\(long)"() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN 1; END $$;
        CREATE FUNCTION hides() RETURNS int LANGUAGE sql STABLE AS $$ SELECT \(long)() $$;
        CREATE TABLE größen ("Länge" int);
        CREATE VIEW "\(String(repeating: "ü", count: 50))" AS SELECT "\(long)"();
        """

    private static func database(encoding: String) throws -> Database {
        let server = try PostgresFixture.shared()
        let name = "\(encoding.lowercased())_names"
        try server.psql(
            """
            DROP DATABASE IF EXISTS \(name);
            CREATE DATABASE \(name) ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0
            """)
        try server.psql("SET client_encoding = 'UTF8'; " + Self.setup, database: name)
        return ShopDatabase.configured(server, name) { _ in }
    }

    @Test(
        "A name that the server may read as another one is refused",
        arguments: [
            "SELECT \(long)()", "SELECT public.\"\(long)\"()", "SELECT \(long)xyz()", "SELECT hides()",
            "SELECT * FROM \(String(repeating: "ü", count: 50))", "SELECT * FROM GRÖSSEN",
        ])
    func refused(_ sql: String) async throws {
        let ending = await Ending { try await Self.shared.get().query(QueryRequest(sql: sql)) }
        #expect(ending.isRefusal, "\(ending)")
    }

    @Test(
        "Ordinary names beyond ASCII answer",
        arguments: [
            "SELECT * FROM größen", "SELECT \"Länge\" FROM größen", "SELECT 'ÄÖÜ' AS \"ÄÖÜ\"",
            "SELECT count(*) AS größe FROM größen WHERE \"Länge\" > 1",
        ])
    func answered(_ sql: String) async throws {
        let ending = await Ending { try await Self.shared.get().query(QueryRequest(sql: sql)) }
        #expect(!ending.isRefusal, "\(ending)")
    }

    private static let shared = Result { try database(encoding: "LATIN1") }

    @Test("A database without an encoding answers although names in it are no UTF-8, and these are refused")
    func withoutEncoding() async throws {
        let server = try PostgresFixture.shared()
        try server.psql(
            """
            DROP DATABASE IF EXISTS bytes_names;
            CREATE DATABASE bytes_names ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0
            """)
        try server.psql(
            #"""
            CREATE TABLE plain (a int); INSERT INTO plain VALUES (7);
            DO $do$ DECLARE name text := convert_from('\x636166e9', 'SQL_ASCII'); BEGIN
                EXECUTE format($f$CREATE FUNCTION %I() RETURNS int LANGUAGE plpgsql STABLE AS
                    $$ BEGIN EXECUTE 'SELECT 1'; RETURN 1; END $$$f$, name);
                EXECUTE format('CREATE TABLE %I (a int)', name);
                EXECUTE format('CREATE FUNCTION hides() RETURNS int LANGUAGE sql STABLE AS $$ SELECT %I() $$', name);
                EXECUTE format('CREATE VIEW behind AS SELECT %I()', name);
            END $do$
            """#, database: "bytes_names")
        let database = ShopDatabase.configured(server, "bytes_names") { _ in }
        #expect(try await database.query(QueryRequest(sql: "SELECT a + 1 FROM plain")).rows.first?.first == "8")
        for sql in ["SELECT hides()", "SELECT * FROM behind", "SELECT \"caf\u{FFFD}\"()"] {
            let ending = await Ending { try await database.query(QueryRequest(sql: sql)) }
            #expect(ending.isRefusal, "\(sql): \(ending)")
        }
        await database.shutdown()
    }

    @Test(
        "What is certain of a name depends on the encoding",
        arguments: [
            ("UTF8", "É", false, true), ("LATIN1", "é", false, true), ("LATIN1", "É", false, false),
            ("LATIN1", "É", true, true), ("WIN1252", String(repeating: "é", count: 31), true, false),
            ("EUC_JP", "é", true, false), ("SQL_ASCII", "é", true, false), ("SQL_ASCII", "e", false, true),
            ("", "é", true, false),
        ])
    func certain(_ encoding: String, _ name: String, _ isQuoted: Bool, _ expected: Bool) {
        #expect(NameEncoding(server: encoding).isCertain(name, isQuoted: isQuoted) == expected)
    }
}
