internal import PGConnector

/// What tells on the server whether the catalog is still as it was read.
///
/// Two tests. The quick one compares the server's snapshot and the session's search path: while no transaction has ended
/// and none has begun that writes, nothing can have changed. When it fails, a digest of the rows that can make a
/// statement hazardous decides: of those that users made, by OID and `xmin`, which every change of a row renews. Both ride
/// in the statement that opens a query's transaction.
struct CatalogState: Sendable, Equatable {
    /// The server, its snapshot and the search path.
    var quick: String
    /// The digest, and the search path.
    let digest: String
    /// Hazardous objects whose new dependents matter, as an array of OIDs.
    let watched: String
    /// Hazardous relations, which may be renamed, moved or attached to a parent.
    let relations: String
    /// Makes the digest unforeseeable: which rows give the same sum cannot be worked out beforehand.
    let seed: Int64

    /// The quick test: nothing is read but the session's own memory.
    ///
    /// On a standby the snapshot's text leaves out which transactions run, so that one can end without a trace in it
    /// (`GetSnapshotData` keeps them among the subtransactions there). What the server has replayed tells.
    static let quickExpression = """
        pg_catalog.concat(pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time()), \
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.concat('@', pg_catalog.pg_last_wal_replay_lsn()) END, \
        ' ', pg_catalog.pg_current_snapshot(), pg_catalog.current_schemas(true))
        """

    /// The quick test on a connection of which ``serverStart`` is known, since a connection never changes its server: each
    /// function costs the server as much again to look up as to run.
    static let shortExpression = "pg_catalog.concat(pg_catalog.pg_current_snapshot(), pg_catalog.current_schemas(true))"

    /// Of ``quick``, what tells servers apart, and one server before and after a crash.
    var serverStart: Substring { Self.serverStart(of: quick) }

    /// Whether ``shortExpression`` tells as much as ``quickExpression`` on that server: not on a standby.
    var isShortEnough: Bool { !serverStart.utf8.contains(UInt8(ascii: "@")) }

    /// Of what ``quickExpression`` showed, the start of the server.
    static func serverStart(of quick: String) -> Substring {
        quick[..<(quick.utf8.firstIndex(of: UInt8(ascii: " ")) ?? quick.startIndex)]
    }

    /// Of ``quick``, what ``shortExpression`` has to show.
    var short: String {
        quick.utf8.firstIndex(of: UInt8(ascii: " ")).map { String(quick[quick.utf8.index(after: $0)...]) } ?? ""
    }

    /// The digest of what the server shows now.
    ///
    /// - Parameter first: the number of the first of ``parameters``.
    func digestExpression(first: Int) -> String {
        let hasWatched = watched != "{}"
        let hasRelations = self.relations != "{}"
        let seed = "$\(first)::pg_catalog.int8"
        let watched = "$\(first + 1)::pg_catalog.oid[]"
        let relations = "$\(first + (hasWatched ? 2 : 1))::pg_catalog.oid[]"
        func part(_ table: String, _ column: String, _ condition: String) -> String {
            """
            (SELECT pg_catalog.concat(pg_catalog.count(*), ':', pg_catalog.sum(pg_catalog.hash_record_extended(\
            ROW(t.\(column), t.xmin), \(seed)))) FROM pg_catalog.\(table) AS t\
            \(condition.isEmpty ? "" : " WHERE " + condition))
            """
        }
        let userMade = "t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid"
        var parts = [
            part("pg_proc", "oid", userMade),
            part("pg_operator", "oid", userMade),
            part("pg_cast", "oid", userMade),
            part("pg_rewrite", "oid", userMade),
            part("pg_policy", "oid", ""),
            part("pg_constraint", "oid", "t.contypid OPERATOR(pg_catalog.>) 0::pg_catalog.oid"),
            part("pg_foreign_table", "ftrelid", ""),
            part("pg_namespace", "oid", "NOT pg_catalog.starts_with(t.nspname, 'pg_')"),
        ]
        // Each costs a plan, so what nothing is to be looked up in is left out.
        if hasRelations {
            parts += [
                part("pg_inherits", "inhparent", "t.inhrelid OPERATOR(pg_catalog.=) ANY (\(relations))"),
                part("pg_class", "oid", "t.oid OPERATOR(pg_catalog.=) ANY (\(relations))"),
            ]
        }
        if hasWatched {
            parts += [
                part("pg_type", "oid", "t.oid OPERATOR(pg_catalog.=) ANY (\(watched))"),
                part(
                    "pg_depend", "objid",
                    "t.refclassid OPERATOR(pg_catalog.=) ANY (\(PolicyQueries.watchedClasses)) "
                        + "AND t.refobjid OPERATOR(pg_catalog.=) ANY (\(watched))"),
            ]
        }
        return "pg_catalog.concat_ws(' ', \(parts.joined(separator: ", ")), pg_catalog.current_schemas(true))"
    }

    /// The parameters of the digest.
    var parameters: [PGParameter] {
        [.text(String(seed))] + [watched, relations].filter { $0 != "{}" }.map { .text($0) }
    }
}
