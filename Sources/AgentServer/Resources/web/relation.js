// Everything about one table or view.
import { qualified, quoted } from './catalog.js';
import { h, visible } from './dom.js';
import { sqlBlock } from './highlight.js';
import { t as texts } from './strings.js';

const t = texts.schema;

/**
 * @param {object | null} one A relation as `GET /schema?table=` describes it.
 * @param {{insert: (text: string) => void, open: (schema: string, name: string) => void}} actions
 */
export function relationView(one, { insert, open }) {
  if (!one) return h('p', { class: 'muted empty' }, t.empty);
  const name = qualified(one.schema, one.name);
  const facts = [one.kind, one.estimatedRows === null ? null : t.rows(one.estimatedRows), size(one.estimatedBytes), t.owner(visible(one.owner)),
    one.partition ? t.partition : null, one.rowSecurity ? t.rowSecurity : null, one.readable ? null : t.unreadable].filter(Boolean);
  const link = (schema, table) => h('button', { type: 'button', class: 'link', onclick: () => open(schema, table) }, visible(schema === one.schema ? table : `${schema}.${table}`));
  const section = (title, ...content) => h('section', {}, h('h3', {}, title), ...content);
  const list = items => h('ul', { class: 'facts' }, ...items.map(item => h('li', {}, ...item)));
  const select = `SELECT ${one.columns.map(column => quoted(column.name)).join(", ") || "*"}\nFROM ${name}\nLIMIT 100`;
  return h('article', { class: 'relation' },
    h('header', {}, h('h2', {}, h('span', { class: 'muted' }, visible(one.schema) + '.'), visible(one.name)),
      h('p', { class: 'muted' }, facts.join(' · ')),
      one.comment ? h('p', { class: 'comment' }, visible(one.comment)) : null,
      h('div', { class: 'toolbar' },
        h('button', { type: 'button', class: 'button', onclick: () => insert(name) }, t.insertName),
        one.readable ? h('button', { type: 'button', class: 'button', onclick: () => insert(select) }, t.insertSelect) : null)),
    h('div', { class: 'grid-scroll', tabindex: '0', role: 'region', 'aria-label': t.columns },
      h('table', { class: 'grid' }, h('caption', { class: 'visually-hidden' }, t.columns),
        h('thead', {}, h('tr', {}, ...[t.column, t.type, t.nullable, t.fallback, t.comment].map(head => h('th', { scope: 'col' }, head)))),
        h('tbody', {}, ...one.columns.map(column => columnRow(one, column, insert))))),
    one.primaryKey.length ? section(t.primaryKey, h('p', {}, h('code', {}, visible(one.primaryKey.map(quoted).join(', '))))) : null,
    one.foreignKeys.length ? section(t.foreignKeys, list(one.foreignKeys.map(key => [
      h("code", {}, visible(key.columns.join(", "))), " → ", link(key.references.schema, key.references.table), " ", h("code", {}, `(${visible(key.references.columns.join(", "))})`)]))) : null,
    one.referencedBy.length ? section(t.referencedBy, list(one.referencedBy.map(key => [link(key.schema, key.table), ' ', h('code', { class: 'muted' }, visible(key.definition))]))) : null,
    one.constraints.length ? section(t.constraints, list(one.constraints.map(rule => [h('code', {}, visible(rule.name)), ' ', h('code', { class: 'muted' }, visible(rule.definition))]))) : null,
    one.indexes.length ? section(t.indexes, list(one.indexes.map(index => [h('code', {}, visible(index.name)),
      ...badges([index.primary ? t.primary : index.unique ? t.unique : null, index.valid ? null : t.invalid, size(index.estimatedBytes)]), sqlBlock(visible(index.definition))]))) : null,
    one.partitionKey ? section(t.partitionKey, sqlBlock(visible(one.partitionKey))) : null,
    one.partitionBound ? section(t.partitionBound, sqlBlock(visible(one.partitionBound))) : null,
    one.viewDefinition ? section(t.definition, sqlBlock(visible(one.viewDefinition))) : null);
}

const badges = texts => texts.filter(Boolean).map(text => h('span', { class: 'badge' }, text));

function columnRow(one, column, insert) {
  const isKey = one.primaryKey.includes(column.name), foreign = one.foreignKeys.find(key => key.columns.includes(column.name));
  return h('tr', {},
    h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', title: t.insertIntoEditor, 'aria-label': t.insertColumn(visible(column.name)), onclick: () => insert(quoted(column.name)) }, visible(column.name)),
      ...badges([isKey ? 'PK' : null, foreign ? 'FK' : null])),
    h('td', {}, h('code', {}, visible(column.type))),
    h('td', {}, column.nullable ? texts.yes : texts.no),
    h('td', {}, column.identity ? t.identity(column.identity) : column.default === null ? '' : h('code', {}, visible(column.default)), ...badges([column.generated ? t.generated : null])),
    h('td', {}, visible(column.comment ?? '')));
}

/** A size for people; null for none. */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return null;
  let unit = 0;
  while (bytes >= 1024 && unit < texts.units.length - 1) { bytes /= 1024; unit++; }
  return `${bytes >= 10 || unit === 0 ? Math.round(bytes) : Math.round(bytes * 10) / 10} ${texts.units[unit]}`;
}
