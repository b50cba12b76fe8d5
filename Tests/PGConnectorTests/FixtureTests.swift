import TestSupport
import Testing

@Suite("The fixture")
struct FixtureTests {
    @Test("A private server starts, answers and makes databases")
    func starts() throws {
        let server = try PostgresFixture.shared()
        let name = try server.createDatabase()
        #expect(try server.psql("SELECT current_database()", database: name) == name)
    }
}
