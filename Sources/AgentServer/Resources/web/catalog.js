// What the tab knows of the databases' schemas: asked for once, kept for a minute, never written anywhere.
import { api } from './api.js';

const LIFE = 60_000;
const kept = new Map();
let person = null;

function asked(path) {
  // What one person may see is nothing to the next.
  if (person !== api.person) kept.clear();
  person = api.person;
  const entry = kept.get(path);
  if (entry && Date.now() - entry.since < LIFE) return entry.answer;
  const answer = api.get(path);
  kept.set(path, { since: Date.now(), answer });
  answer.catch(() => kept.delete(path));
  return answer;
}

const query = parameters => '?' + new URLSearchParams(parameters);

/** The schemas and relations of a database, without columns. */
export const overview = database => asked('/schema' + query({ database }));

/** One relation with all that belongs to it; null when it is gone. */
export const relation = async (database, schema, table) =>
  (await asked('/schema' + query({ database, schema, table }))).relations[0] ?? null;

/** The relations of a schema with their columns, primary and foreign keys. */
export const picture = (database, schema) => asked('/schema' + query({ database, schema, details: 'true' }));

/** Forgets everything, so that it is read anew. */
export const forget = () => kept.clear();

const PLAIN = /^[a-z_][a-z0-9_$]*$/;
// Names that would be read as something else without quotes. Quoting one too many does no harm.
const RESERVED = new Set(('all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean '
  + 'both case cast char character check coalesce collate collation column concurrently constraint create cross '
  + 'current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal default '
  + 'deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest '
  + 'group grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading '
  + 'least left like limit localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif '
  + 'numeric offset on only or order out outer overlaps overlay placing position precision primary real references returning '
  + 'right row select session_user setof similar smallint some substring symmetric system_user table tablesample then time '
  + 'timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where window with '
  + 'xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable').split(' '));

/** A name as it has to stand in SQL. */
export const quoted = name =>
  PLAIN.test(name) && !RESERVED.has(name) ? name : '"' + name.replaceAll('"', '""') + '"';

/** A relation's name as it has to stand in SQL; `public` is on everybody's search path. */
export const qualified = (schema, name) => (schema === 'public' ? '' : quoted(schema) + '.') + quoted(name);

/** What a name in SQL is called in the catalog. */
export const unquoted = text => {
  if (/^u&"/i.test(text)) return text.slice(3, -1);
  return text.startsWith('"') ? text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined).replaceAll('""', '"')
    : text.replace(/[A-Z]/g, letter => letter.toLowerCase());
};
