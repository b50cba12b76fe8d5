/// A keyword of PostgreSQL: the union of `kwlist.h` of versions 15 to 18 (14 has no further one), in alphabetical order.
///
/// A word that some version does not know is an ordinary identifier there, so nothing may be refused because of one.
enum Keyword: UInt16, CaseIterable, Sendable {
    /// Not a keyword; keeps tokens free of an optional.
    case notAKeyword
    case abort, absent, absolute, access, action, add, admin, after, aggregate, all, also, alter, always, analyse
    case analyze, and, `any`, array, `as`, asc, asensitive, assertion, assignment, asymmetric, at, atomic, attach
    case attribute, authorization, backward, before, begin, between, bigint, binary, bit, boolean, both, breadth, by
    case cache, call, called, cascade, cascaded, `case`, cast, catalog, chain, char, character, characteristics
    case check, checkpoint, `class`, close, cluster, coalesce, collate, collation, column, columns, comment
    case comments, commit, committed, compression, concurrently, conditional, configuration, conflict, connection
    case constraint, constraints, content, `continue`, conversion, copy, cost, create, cross, csv, cube, current
    case currentCatalog, currentDate, currentRole, currentSchema, currentTime, currentTimestamp, currentUser, cursor
    case cycle, data, database, day, deallocate, dec, decimal, declare, `default`, defaults, deferrable, deferred
    case definer, delete, delimiter, delimiters, depends, depth, desc, detach, dictionary, disable, discard
    case distinct, `do`, document, domain, double, drop, each, `else`, empty, enable, encoding, encrypted, end
    case enforced, `enum`, error, escape, event, except, exclude, excluding, exclusive, execute, exists, explain
    case expression, `extension`, external, extract, `false`, family, fetch, filter, finalize, first, float
    case following, `for`, force, foreign, format, forward, freeze, from, full, function, functions, generated
    case global, grant, granted, greatest, group, grouping, groups, handler, having, header, hold, hour, identity
    case `if`, ilike, immediate, immutable, implicit, `import`, `in`, include, including, increment, indent, index
    case indexes, inherit, inherits, initially, inline, inner, `inout`, input, insensitive, insert, instead, int
    case integer, intersect, interval, into, invoker, `is`, isnull, isolation, join, json, jsonArray, jsonArrayagg
    case jsonExists, jsonObject, jsonObjectagg, jsonQuery, jsonScalar, jsonSerialize, jsonTable, jsonValue, keep
    case key, keys, label, language, large, last, lateral, leading, leakproof, least, left, level, like, limit
    case listen, load, local, localtime, localtimestamp, location, lock, locked, logged, mapping, match, matched
    case materialized, maxvalue, merge, mergeAction, method, minute, minvalue, mode, month, move, name, names
    case national, natural, nchar, nested, new, next, nfc, nfd, nfkc, nfkd, no, `none`, normalize, normalized, not
    case nothing, notify, notnull, nowait, null, nullif, nulls, numeric, object, objects, of, off, offset, oids, old
    case omit, on, only, `operator`, option, options, or, order, ordinality, others, out, outer, over, overlaps
    case overlay, overriding, owned, owner, parallel, parameter, parser, partial, partition, passing, password, path
    case period, placing, plan, plans, policy, position, preceding, precision, prepare, prepared, preserve, primary
    case prior, privileges, procedural, procedure, procedures, program, publication, quote, quotes, range, read
    case real, reassign, recheck, recursive, ref, references, referencing, refresh, reindex, relative, release
    case rename, repeatable, replace, replica, reset, restart, restrict, `return`, returning, returns, revoke, right
    case role, rollback, rollup, routine, routines, row, rows, rule, savepoint, scalar, schema, schemas, scroll
    case search, second, security, select, sequence, sequences, serializable, server, session, sessionUser, set
    case setof, sets, share, show, similar, simple, skip, smallint, snapshot, `some`, source, sql, stable
    case standalone, start, statement, statistics, stdin, stdout, storage, stored, strict, string, strip
    case subscription, substring, support, symmetric, sysid, system, systemUser, table, tables, tablesample
    case tablespace, target, temp, template, temporary, text, then, ties, time, timestamp, to, trailing, transaction
    case transform, treat, trigger, trim, `true`, truncate, trusted, type, types, uescape, unbounded, uncommitted
    case unconditional, unencrypted, union, unique, unknown, unlisten, unlogged, until, update, user, using, vacuum
    case valid, validate, validator, value, values, varchar, variadic, varying, verbose, version, view, views
    case virtual, volatile, when, `where`, whitespace, window, with, within, without, work, wrapper, write, xml
    case xmlattributes, xmlconcat, xmlelement, xmlexists, xmlforest, xmlnamespaces, xmlparse, xmlpi, xmlroot
    case xmlserialize, xmltable, year, yes, zone
}

/// PostgreSQL's four categories of keywords, which decide where a word may be a name.
enum KeywordCategory: UInt8, Sendable {
    /// A name everywhere.
    case unreserved
    /// A name of a column or table, but not of a function or type.
    case columnName
    /// A name of a function or type, but not of a column or table.
    case typeFunctionName
    /// A name only as a label after AS or after a dot.
    case reserved
}
