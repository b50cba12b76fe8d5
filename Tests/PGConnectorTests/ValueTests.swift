import PGConnector
import TestSupport
import Testing

@Suite("Values", .timeLimit(.minutes(3)))
struct ValueTests {
    /// Expressions whose binary form must print as the server prints its text form.
    static let expressions = [
        "true", "false", "'-32768'::int2", "2147483647::int4", "'-9223372036854775808'::int8", "4294967295::oid",
        "1.5::float4", "'1e-7'::float4", "123456789::float4", "'3.4e38'::float4", "0.1::float8", "1e15::float8",
        "'1e-5'::float8", "123456789012345::float8", "'NaN'::float8", "'-Infinity'::float8", "'-0'::float8",
        "1e300::float8", "5e-324::float8", "'x'::text", "''::text", "'é😀'::varchar", "'ab'::char(5)", "'n'::name",
        "'\\xdeadbeef'::bytea", "''::bytea", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "0::numeric",
        "'-12345678901234567890.000100'::numeric", "0.00000001::numeric", "'NaN'::numeric", "'Infinity'::numeric",
        "10000::numeric", "1e20::numeric", "100.00::numeric", "'2024-02-29'::date", "'0044-03-15 BC'::date",
        "'infinity'::date", "'5874897-12-31'::date", "'2024-02-29 12:34:56.789'::timestamp",
        "'1999-12-31 23:59:59.999999'::timestamp", "'-infinity'::timestamp", "'2024-02-29 12:34:56+05:30'::timestamptz",
        "'4713-01-01 00:00:00 BC'::timestamp", "'{\"a\": [1, 2.50]}'::json", "'{\"a\": [1, 2.50]}'::jsonb",
        "'<a/>'::xml", "ARRAY[1, NULL, 3]", "ARRAY['a', 'b,c', 'NULL', '', 'q\"\\', NULL]", "'{}'::int[]",
        "ARRAY['2024-01-01'::date]", "ARRAY[1.5, 2]::numeric[]", "ARRAY[true, false]",
    ]

    @Test("Binary values print as the server prints them", arguments: expressions)
    func binaryText(expression: String) async throws {
        let client = try SharedClient.get()
        let text = try await client.execute("SELECT \(expression)").rows[0]
        let binary = try await client.execute("SELECT \(expression)", format: .binary).rows[0]
        #expect(binary.columns[0].format == .binary)
        #expect(binary.string(0) == text.string(0))
    }

    @Test(
        "Text of any other type is what the server prints",
        arguments: [
            ("'1 day 02:03:04'::interval", "1 day 02:03:04"), ("'[1,5)'::int4range", "[1,5)"),
            ("point '(1,2)'", "(1,2)"),
            ("'10.0.0.0/8'::cidr", "10.0.0.0/8"), ("'a & b'::tsquery", "'a' & 'b'"), ("ROW(1, 'x')", "(1,x)"),
            ("ARRAY[[1,2],[3,4]]", "{{1,2},{3,4}}"), ("12.34::money", "$12.34"), ("B'101'", "101"),
        ])
    func otherText(expression: String, text: String) async throws {
        let client = try SharedClient.get()
        let row = try await client.execute("SELECT \(expression)").rows[0]
        #expect(row.string(0)?.hasSuffix(String(text.suffix(text.count - 1))) == true)
    }

    @Test("Types decode from both formats", arguments: [PGFormat.text, .binary])
    func decode(format: PGFormat) async throws {
        let client = try SharedClient.get()
        func row(_ expression: String) async throws -> PGRow {
            try await client.execute("SELECT \(expression)", format: format).rows[0]
        }
        expect(try await row("true").decode(Bool.self, 0), true)
        expect(try await row("(-5)::int2").decode(Int16.self, 0), -5)
        expect(try await row("7::int4").decode(Int32.self, 0), 7)
        expect(try await row("7::int4").decode(Int.self, 0), 7)
        expect(try await row("9223372036854775807").decode(Int64.self, 0), .max)
        expect(try await row("4294967295::oid").decode(UInt32.self, 0), .max)
        expect(try await row("1.5::float4").decode(Float.self, 0), 1.5)
        expect(try await row("0.1::float8").decode(Double.self, 0), 0.1)
        expect(try await row("'é'").decode(String.self, 0), "é")
        expect(try await row("'\\x00ff'::bytea").decode([UInt8].self, 0), [0, 255])
        expect(try await row("12.50::numeric").decode(PGNumeric.self, 0).description, "12.50")
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
        expect(try await row("'\(uuid)'::uuid").decode(PGUUID.self, 0), try #require(PGUUID(uuid)))
        expect(try await row("'2024-02-29'::date").decode(PGDate.self, 0), PGDate(year: 2024, month: 2, day: 29))
        let timestamp = PGTimestamp(microseconds: -1, hasTimeZone: false)
        expect(try await row("'1999-12-31 23:59:59.999999'::timestamp").decode(PGTimestamp.self, 0), timestamp)
        expect(try await row("'1970-01-01 01:00+01'::timestamptz").decode(PGTimestamp.self, 0).unixSeconds, 0)
        expect(try await row("'[1]'::jsonb").decode(PGJSON.self, 0), PGJSON("[1]"))
        expect(try await row("ARRAY[1, 2]").decode([Int].self, 0), [1, 2])
        expect(try await row("ARRAY['a', NULL]").decode([String?].self, 0), ["a", nil])
        expect(try await row("NULL::int").decode(Int?.self, 0), nil)
    }

    @Test("What does not fit is an error and not a wrong value", arguments: [PGFormat.text, .binary])
    func mismatch(format: PGFormat) async throws {
        let client = try SharedClient.get()
        let row = try await client.execute("SELECT 70000, NULL::int, 'x'::text, 300", format: format).rows[0]
        #expect(throws: PGError.self) { try row.decode(Int16.self, 0) }
        #expect(throws: PGError.self) { try row.decode(Int.self, 1) }
        #expect(throws: PGError.self) { try row.decode(Int.self, 2) }
        #expect(throws: PGError.self) { try row.decode(Bool.self, 3) }
        #expect(throws: PGError.self) { try row.decode(Int.self, 9) }
        #expect(throws: PGError.self) { try row.decode(Int.self, named: "nothing") }
    }

    @Test("Parameters of every type arrive as they are")
    func parameters() async throws {
        let client = try SharedClient.get()
        let uuid = try #require(PGUUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))
        let result = try await client.execute(
            "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb",
            [
                PGParameter(true), PGParameter(Int16(-1)), PGParameter(Int32(2)), PGParameter(3),
                PGParameter(Float(0.5)),
                PGParameter(0.25), PGParameter("t"), PGParameter([0, 255] as [UInt8]), PGParameter(uuid),
                PGParameter(PGNumeric("1.10")), PGParameter(PGDate(year: 2024, month: 2, day: 29)),
                PGParameter(PGJSON("{}")),
            ])
        #expect(
            result.rows[0].map { $0?.text } == [
                "t", "-1", "2", "3", "0.5", "0.25", "t", "\\x00ff", uuid.description, "1.10", "2024-02-29", "{}",
            ])
    }
}

/// A client for suites with many small tests; it lives as long as the process.
enum SharedClient {
    private static let client = Result { PGClient(configuration: try PostgresFixture.shared().configuration()) }

    static func get() throws -> PGClient { try client.get() }
}
