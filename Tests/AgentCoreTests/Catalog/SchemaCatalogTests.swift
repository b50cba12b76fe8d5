import Logging
import PGConnector
import TestSupport
import Testing

@testable import AgentCore

@Suite("Schema catalog")
struct SchemaCatalogTests {
    static let shop = Result { try ShopDatabase.make() }

    @Test("Schemas and relations are listed without the system's own")
    func lists() async throws {
        let catalog = try Self.shop.get().database.catalog
        #expect(try await catalog.schemas().map(\.name) == ["app", "public"])
        #expect(try await catalog.schemas(includeSystem: true).map(\.name).contains("pg_catalog"))
        let tables = try await catalog.tables()
        #expect(
            tables.items.map { "\($0.schema).\($0.name)" } == [
                "app.settings", "public.big_orders", "public.customers", "public.log", "public.orders", "public.totals",
            ])
        #expect(tables.items.map(\.kind) == [.table, .view, .table, .table, .table, .materializedView])
        let orders = try #require(tables.items.first { $0.name == "orders" })
        #expect(orders.estimatedRows == 300)
        #expect(orders.columnCount == 5)
        #expect(orders.isReadable)
        #expect(tables.items.first { $0.name == "customers" }?.comment == "Who buys")
        let one = try await catalog.tables(limit: 1)
        #expect(one.items.count == 1)
        #expect(one.hasMore)
    }

    @Test(
        "A pattern takes wildcards, and is no SQL",
        arguments: [
            ("order", ["big_orders", "orders"]), ("order*", ["orders"]), ("*", nil), ("?og", ["log"]), ("LOG", ["log"]),
            ("%", []), ("_", ["big_orders"]), ("'; DROP TABLE log; --", []), ("\\", []), ("", nil),
        ] as [(String, [String]?)])
    func pattern(_ pattern: String, names: [String]?) async throws {
        let catalog = try Self.shop.get().database.catalog
        let found = try await catalog.tables(schema: "public", pattern: pattern).items.map(\.name)
        if let names { #expect(found == names) } else { #expect(found.count == 5) }
    }

    @Test("A table is described with its keys, indexes and comments")
    func describe() async throws {
        let catalog = try Self.shop.get().database.catalog
        let orders = try await catalog.describe(schema: "public", table: "orders")
        #expect(orders.columns.map(\.name) == ["id", "customer_id", "total", "placed", "note"])
        #expect(orders.columns.map(\.type) == ["bigint", "integer", "numeric(10,2)", "date", "text"])
        #expect(orders.columns.map(\.isNullable) == [false, false, false, false, true])
        #expect(orders.primaryKey == ["id"])
        #expect(orders.foreignKeys.map(\.referencedTable) == ["customers"])
        #expect(orders.foreignKeys.first?.columns == ["customer_id"])
        #expect(orders.foreignKeys.first?.referencedColumns == ["id"])
        #expect(orders.constraints.map(\.definition) == ["CHECK (total >= 0::numeric)"])
        #expect(orders.indexes.map(\.name) == ["orders_pkey", "orders_placed"])
        #expect(orders.indexes.map(\.isPrimary) == [true, false])
        let customers = try await catalog.describe(table: "customers")
        #expect(customers.columns.first { $0.name == "email" }?.comment == "May be empty")
        #expect(customers.columns.first { $0.name == "created" }?.defaultExpression?.contains("2026-01-02") == true)
        #expect(customers.referencedBy.map(\.table) == ["orders"])
        let view = try await catalog.describe(table: "big_orders")
        #expect(view.viewDefinition?.contains("FROM orders") == true)
    }

    @Test("A name that does not exist is answered with the nearest one")
    func nearest() async throws {
        let catalog = try Self.shop.get().database.catalog
        let failure = await #expect(throws: QueryFailure.self) { try await catalog.describe(table: "custmers") }
        #expect(failure?.description.contains("Did you mean \"customers\"?") == true)
    }

    @Test("A table made a moment ago is there at once")
    func neverStale() async throws {
        let shop = try ShopDatabase.make()
        #expect(try await shop.database.catalog.tables(schema: "public").items.count == 5)
        try shop.psql("CREATE TABLE fresh (a int)")
        #expect(try await shop.database.catalog.tables(schema: "public").items.count == 6)
    }

    @Test("Schemas that the configuration hides are hidden everywhere")
    func filter() async throws {
        let shop = try Self.shop.get()
        let excluded = shop.reconfigured { $0.schemas.exclude = ["app"] }.catalog
        #expect(try await excluded.schemas().map(\.name) == ["public"])
        #expect(try await excluded.tables(schema: "app").items.isEmpty)
        #expect(try await excluded.schemaNames(prefix: "").items == ["public"])
        await #expect(throws: QueryFailure.self) { try await excluded.describe(schema: "app", table: "settings") }
        let included = shop.reconfigured { $0.schemas.include = ["app"] }.catalog
        #expect(try await included.tables().items.map(\.name) == ["settings"])
    }

    @Test("Names are completed from their beginning, whatever the case")
    func completion() async throws {
        let catalog = try Self.shop.get().database.catalog
        #expect(try await catalog.tableNames(prefix: "O").items == ["orders"])
        #expect(try await catalog.tableNames(schema: "app", prefix: "").items == ["settings"])
        #expect(try await catalog.schemaNames(prefix: "p").items == ["public"])
        #expect(try await catalog.tableNames(prefix: "", limit: 2).hasMore)
        #expect(try await catalog.tableNames(prefix: "%").items.isEmpty)
    }

    @Test("The columns of many relations come at once")
    func columns() async throws {
        let catalog = try Self.shop.get().database.catalog
        let tables = try await catalog.tables(schema: "public").items
        let columns = try await catalog.columns(of: tables)
        #expect(columns.map(\.count) == tables.map(\.columnCount))
    }

    @Test("The server tells of itself and of what its role may do")
    func systemInfo() async throws {
        let shop = try Self.shop.get()
        let info = try await shop.database.systemInfo()
        #expect(info.versionNumber >= 140_000)
        #expect(info.postgresqlVersion.contains("."))
        #expect(info.bitVersion == "64-bit")
        #expect(info.database == shop.name)
        #expect(info.privileges.holds(.superuser))
        #expect(!info.privileges.isLeast)
        try shop.psql(
            "DROP ROLE IF EXISTS plain_reader; CREATE ROLE plain_reader LOGIN; GRANT pg_read_all_data TO plain_reader")
        let reader = try await shop.reconfigured { $0.user = "plain_reader" }.systemInfo()
        #expect(!reader.privileges.holds(.superuser))
        #expect(!reader.privileges.holds(.executeServerProgram))
        #expect(!reader.privileges.holds(.writeTables))
    }

    @Test("The version is taken apart")
    func version() {
        let text = ServerVersionText(
            "PostgreSQL 15.8 (Debian 15.8-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit"
        )
        #expect(text.version == "15.8")
        #expect(text.architecture == "x86_64-pc-linux-gnu")
        #expect(text.operatingSystem == "linux-gnu")
        #expect(text.compiler == "gcc (Debian 12.2.0-14) 12.2.0")
        #expect(text.bits == "64-bit")
    }

    @Test(
        "Rows are counted, with and without a condition",
        arguments: [
            (nil, "300"), ("id <= 10", "10"), ("note LIKE 'note 1%' -- the end", "111"),
            ("total > (SELECT avg(total) FROM orders)", "150"),
        ] as [(String?, String)])
    func count(condition: String?, expected: String) async throws {
        let shop = try Self.shop.get()
        let result = try await shop.database.count(schema: "public", table: "orders", where: condition)
        #expect(result.rows[0][0] == expected)
    }

    @Test("A plan comes in every format; only a read is analyzed", arguments: ExplainFormat.allCases)
    func explain(_ format: ExplainFormat) async throws {
        let shop = try Self.shop.get()
        let plan = try await shop.database.explain("DELETE FROM orders", analyze: false, format: format)
        #expect(plan.rowCount >= 1)
        let run = try await shop.database.explain("SELECT * FROM orders", analyze: true, format: format)
        #expect(run.copyText().contains("Actual") || run.copyText().contains("actual"))
        let write = await Ending {
            try await shop.database.explain("DELETE FROM orders", analyze: true, format: format)
        }
        #expect(write == .failed("not_read_only"))
    }

    @Test("An unknown database is answered with the nearest name")
    func registry() throws {
        var configuration = AgentConfiguration()
        configuration.databases = [DatabaseConfiguration(name: "shop"), DatabaseConfiguration(name: "archive")]
        let registry = DatabaseRegistry(configuration: configuration, logger: .init(label: "test"))
        #expect(try registry.database(named: nil).name == "shop")
        let failure = #expect(throws: QueryFailure.self) { try registry.database(named: "shp") }
        #expect(failure?.description.contains("Did you mean \"shop\"?") == true)
        #expect(failure?.description.contains("\"archive\"") == true)
    }
}
