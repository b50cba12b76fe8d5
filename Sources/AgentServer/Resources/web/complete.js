// What could be meant by the word that is being written: names of the schema, and a few keywords.
import { overview, qualified, quoted, relation, unquoted } from './catalog.js';
import { visible } from './dom.js';
import { keywords, tokens } from './highlight.js';

const MOST = 50;
const MOST_RELATIONS = 8;
const NAMES = new Set(['word', 'keyword', 'quoted']);

/**
 * @param {string} sql
 * @param {number} at Where the caret is.
 * @param {string} database
 * @param {boolean} asked Whether a person asked, so that one letter, or none, is enough.
 * @returns {Promise<{from: number, to: number, items: {text, label, about, kind}[]} | null>}
 */
export async function proposals(sql, at, database, asked) {
  const all = tokens(sql);
  const inside = all.find(token => token.start < at && token.end >= at && !(token.end === at && !NAMES.has(token.kind)));
  if (inside && !NAMES.has(inside.kind)) return null; // in a comment, a string, a number
  const from = inside ? inside.start : at, to = at;
  const written = sql.slice(from, to), begun = unquoted(written).toLowerCase();
  const index = inside ? all.indexOf(inside) : all.filter(token => token.end <= at).length;
  const before = path(sql, all, index);
  if (!asked && before.length === 0 && written.length < 2) return null;
  const { schemas, relations } = await overview(database);
  const items = [];
  const add = (kind, name, text, about) => {
    if (name.toLowerCase().startsWith(begun) && !(name === written && !asked)) items.push({ kind, text, label: visible(name), about });
  };
  const mentioned = await Promise.all(mentions(sql, all, relations).map(async one => ({ ...one, full: await relation(database, one.relation.schema, one.relation.name).catch(() => null) })));
  const columns = ({ full }) => (full?.columns ?? []).forEach(column => add('column', column.name, quoted(column.name), visible(column.type)));
  if (before.length > 0) {
    const name = before.at(-1);
    mentioned.filter(one => one.alias === name || (one.alias === null && one.relation.name === name)).forEach(columns);
    relations.filter(one => one.schema === name).forEach(one => add('relation', one.name, quoted(one.name), one.kind));
  } else {
    mentioned.forEach(columns);
    mentioned.forEach(one => one.alias && add('alias', one.alias, quoted(one.alias), visible(one.relation.name)));
    relations.forEach(one => add('relation', one.name, qualified(one.schema, one.name), visible(one.schema)));
    schemas.forEach(one => add('schema', one.name, quoted(one.name), 'schema'));
    if (!written.startsWith('"')) {
      const upper = written === written.toUpperCase() || !written;
      keywords.filter(word => begun.length > 0 && word.startsWith(begun) && word !== begun)
        .forEach(word => items.push({ kind: 'keyword', text: upper ? word.toUpperCase() : word, label: upper ? word.toUpperCase() : word, about: 'keyword' }));
    }
  }
  const seen = new Set();
  const distinct = items.filter(item => !seen.has(item.text) && seen.add(item.text)).slice(0, MOST);
  // One proposal that is already there word for word is none.
  return distinct.length === 1 && distinct[0].text === written ? null : { from, to, items: distinct };
}

/** The names with dots before a token: `a.b.` is `["a", "b"]`. */
function path(sql, all, index) {
  const names = [];
  while (index >= 2 && all[index - 1].kind === 'sign' && sql.slice(all[index - 1].start, all[index - 1].end) === '.' && NAMES.has(all[index - 2].kind)) {
    names.unshift(unquoted(sql.slice(all[index - 2].start, all[index - 2].end)));
    index -= 2;
  }
  return names;
}

/** The relations that the text names, with the alias of each. */
function mentions(sql, all, relations) {
  const found = new Map();
  const text = token => sql.slice(token.start, token.end);
  for (let index = 0; index < all.length && found.size < MOST_RELATIONS; index++) {
    if (all[index].kind !== 'word' && all[index].kind !== 'quoted') continue;
    const name = unquoted(text(all[index])), schema = path(sql, all, index).at(-1);
    const candidates = relations.filter(one => one.name === name && (schema === undefined || one.schema === schema));
    const relation = candidates.find(one => one.schema === 'public') ?? candidates[0];
    if (!relation) continue;
    let next = all[index + 1];
    if (next?.kind === 'keyword' && text(next).toLowerCase() === 'as') next = all[index + 2];
    const alias = next && (next.kind === 'word' || next.kind === 'quoted') ? unquoted(text(next)) : null;
    found.set(`${relation.schema}.${relation.name}.${alias}`, { relation, alias });
  }
  return [...found.values()];
}
