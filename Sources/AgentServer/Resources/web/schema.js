// The schema browser: a tree of databases, schemas, relations and columns, and beside it what is chosen.
import { forget, overview, picture, qualified, quoted, relation } from './catalog.js';
import { h, iconButton, replace, visible } from './dom.js';
import { databaseName, problemView } from './problem.js';
import { t as texts } from './strings.js';

const t = texts.schema;
const MOST_FOUND = 300;
const MOST_SCHEMAS = 10;
const MOST_OPENED = 20;
const PATIENCE = 700; // ms in which another letter goes on with the name that is typed
const ICONS = { database: '◍', schema: '▤', table: '▦', 'partitioned table': '▦', view: '◫', 'materialized view': '◫', 'foreign table': '◨', column: '·' };

// What was open stays open in this tab, for the same person.
let last = null;
const keptFor = person => last?.person === person ? last : last = { person, open: new Set(), search: '' };

export function mount(root, context) {
  const kept = keptFor(context.me.id);
  const detail = h('section', { class: 'schema-detail', 'aria-label': t.title, tabIndex: -1 });
  const tree = h('ul', { class: 'tree', role: 'tree', 'aria-label': t.tree, 'aria-describedby': 'schema-help' });
  const count = h('span', { class: 'muted', role: 'status' });
  const search = h('input', { type: 'search', 'aria-label': t.search, placeholder: t.search, autocomplete: 'off', spellcheck: 'false' });
  search.value = kept.search;
  let timer = 0, searches = 0, shows = 0, chosen = null, ended = false, typed = '', typedAt = 0;
  // What is drawn, by key: an element stays the same as long as its node is in sight, and so keeps the focus and a press on it.
  let elements = new Map();

  const names = () => context.databases.map(one => one.name);
  const searching = () => search.value.trim() !== '';
  const nodes = { children: [] };
  const node = (kind, key, label, parent, more) => ({ kind, key, label, parent, children: null, level: parent ? parent.level + 1 : 1, ...more });

  search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(find, 150); });
  search.addEventListener("keydown", event => { if (event.key === "ArrowDown") { event.preventDefault(); tree.querySelector("[tabindex='0']")?.focus(); } });
  tree.addEventListener('keydown', key);
  tree.addEventListener('click', press);
  tree.addEventListener('focusin', event => { const item = event.target.closest('[role=treeitem]'); if (item) rove(item); });

  replace(root, h('div', { class: 'schema-view' },
    h('h1', { class: 'visually-hidden' }, t.title),
    h('div', { class: 'schema-side' },
      h('div', { class: 'schema-search' }, search, iconButton('retry', texts.refresh, () => { forget(); start(true); })), count,
      h('p', { class: 'visually-hidden', id: 'schema-help' }, t.help), tree),
    detail));
  replace(detail, h('p', { class: 'muted empty' }, names().length > 0 ? t.choose : texts.noDatabases));

  /** Shows the databases; `anew` reads what is shown of them again. What was read before stays in sight until then, and keeps the focus. */
  async function start(anew = false) {
    const before = new Map(nodes.children.map(one => [one.key, one]));
    nodes.children = names().map(name => before.get(keyOf(name)) ?? node('database', keyOf(name), name, null, { database: name }));
    const first = nodes.children.find(one => one.database === databaseName(context)) ?? nodes.children[0];
    if (first) kept.open.add(first.key);
    if (anew) for (const one of nodes.children) if (!kept.open.has(one.key)) one.children = null;
    draw();
    await Promise.all(nodes.children.filter(one => kept.open.has(one.key)).map(one => open(one, anew)));
    if (kept.search) await find();
  }

  /** Reads what a node has below it. */
  async function open(item, anew = false) {
    kept.open.add(item.key);
    if (item.children === null || anew) {
      item.busy = true;
      draw();
      try {
        const children = await childrenOf(item);
        // With what is open below, so that it does not fold in between.
        const below = under(children).filter(one => !one.leaf && one.children === null && kept.open.has(one.key)).slice(0, MOST_OPENED);
        await Promise.all(below.map(async one => { one.children = await childrenOf(one).catch(() => null); }));
        item.children = children;
        item.problem = null;
      } catch (error) {
        item.problem = error;
        if (item.children === null) kept.open.delete(item.key);
      }
      item.busy = false;
    }
    if (item.problem) replace(detail, problemView(item.problem));
    draw();
  }

  const under = children => children.flatMap(one => [one, ...under(one.children ?? [])]);

  async function childrenOf(item) {
    const database = item.database;
    if (item.kind === 'database') {
      const answer = await overview(database);
      item.truncated = answer.truncated;
      return answer.schemas.map(schema => {
        const below = node('schema', keyOf(database, schema.name), schema.name, item, { database, schema: schema.name, about: schema });
        below.children = answer.relations.filter(one => one.schema === schema.name).map(one => relationNode(database, one, below));
        return below;
      });
    }
    return columnNodes(item, (await relation(database, item.schema, item.name))?.columns ?? []);
  }

  const columnNodes = (item, columns) => columns.map(column => node('column', keyOf(item.database, item.schema, item.name, column.name), column.name, item,
    { database: item.database, schema: item.schema, name: item.name, column, leaf: true }));

  const relationNode = (database, one, parent) => node(one.kind, keyOf(database, one.schema, one.name), one.name, parent,
    { database, schema: one.schema, name: one.name, about: one, isRelation: true });

  function close(item) { kept.open.delete(item.key); draw(); }
  function isOpen(item) { return !item.leaf && kept.open.has(item.key) && item.children !== null; }

  /** Draws the visible part of the tree. The focus stays; where what had it is gone it goes to what that belonged to. */
  function draw(shownNodes = null) {
    if (ended) return;
    if (!shownNodes && searching()) return drawFound();
    shownNodes ??= nodes.children;
    const held = document.activeElement, focused = tree.contains(held) ? byElement.get(held) : null;
    const roving = byElement.get(tree.querySelector("[tabindex='0']"));
    const drawn = new Map();
    arrange(tree, shownNodes.map((item, index, all) => drawNode(item, index, all, drawn)));
    elements = drawn;
    let wanted = null;
    for (let item = focused ?? roving; item && !wanted; item = item.parent) wanted = elements.get(item.key);
    wanted ??= elements.get(chosen) ?? tree.firstElementChild;
    if (wanted) rove(wanted);
    // One that was moved to another place has lost it too.
    if (focused && document.activeElement !== wanted) (wanted ?? search).focus({ preventScroll: true });
  }

  function drawNode(item, index, all, drawn) {
    const opened = isOpen(item), element = elements.get(item.key) ?? h('li', { role: 'treeitem', tabindex: '-1', class: 'tree-item' });
    element.dataset.key = item.key;
    element.style.setProperty('--level', String(item.level - 1));
    for (const [name, value] of Object.entries({
      'aria-level': item.level, 'aria-setsize': all.length, 'aria-posinset': index + 1, 'aria-selected': item.key === chosen,
      'aria-label': `${visible(item.label)}, ${item.kind}${about(item) ? `, ${about(item)}` : ''}`,
    })) element.setAttribute(name, String(value));
    if (item.leaf) element.removeAttribute('aria-expanded'); else element.setAttribute('aria-expanded', String(opened));
    const row = h('div', { class: 'tree-row' },
      h('span', { class: 'tree-twist', 'aria-hidden': 'true' }, item.leaf ? '' : opened ? '▾' : '▸'),
      h('span', { class: `tree-icon icon-${item.kind.replaceAll(' ', '-')}`, 'aria-hidden': 'true' }, ICONS[item.kind] ?? '▦'),
      h('span', { class: 'tree-name', title: visible(item.label) }, visible(item.label)), h('span', { class: 'tree-about' }, item.busy ? texts.loading : about(item)),
      item.kind === 'database' || item.kind === 'schema' ? null : h('span', { class: 'tree-insert', title: t.insertIntoEditor, 'aria-hidden': 'true' }, '↳'));
    let group = null;
    if (opened) {
      group = element.querySelector(':scope > ul') ?? h('ul', { role: 'group' });
      arrange(group, item.children.map((child, at, of) => drawNode(child, at, of, drawn)));
    }
    arrange(element, group ? [row, group] : [row]);
    drawn.set(item.key, element);
    byElement.set(element, item);
    return element;
  }

  function about(item) {
    if (item.kind === 'column') return visible(item.column.type);
    if (item.kind === 'schema') return item.about.usable ? String(item.about.relations) : t.unusable;
    if (item.kind === 'database' && item.truncated) return '…';
    if (item.isRelation && !item.about.readable) return t.unreadable;
    return item.isRelation && item.kind !== 'table' ? item.kind : '';
  }

  function rove(element) {
    for (const one of tree.querySelectorAll("[tabindex='0']")) if (one !== element) one.setAttribute('tabindex', '-1');
    element.setAttribute('tabindex', '0');
  }
  function focusOn(element) { rove(element); element.focus({ preventScroll: true }); }

  function press(event) {
    const element = event.target.closest('[role=treeitem]'), item = byElement.get(element);
    if (!item) return;
    if (event.target.closest('.tree-insert')) return insertNode(item);
    if (!event.target.closest('.tree-twist') || item.leaf) return act(item, element);
    focusOn(element);
    isOpen(item) ? close(item) : open(item);
  }

  function act(item, element) {
    focusOn(element);
    if (item.kind === 'column') return show(item.parent?.isRelation ? item.parent : item);
    if (item.isRelation) return show(item);
    if (item.kind === 'schema') { show(item); if (!isOpen(item)) open(item); return; }
    isOpen(item) ? close(item) : open(item);
  }

  function key(event) {
    const element = event.target.closest('[role=treeitem]'), item = byElement.get(element);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = [...tree.querySelectorAll('[role=treeitem]')], at = items.indexOf(element);
    const moves = {
      ArrowDown: () => items[at + 1], ArrowUp: () => items[at - 1], Home: () => items[0], End: () => items.at(-1),
      ArrowRight: () => item.leaf ? null : isOpen(item) ? items[at + 1] : void open(item),
      ArrowLeft: () => isOpen(item) && !searching() ? void close(item) : element.parentElement.closest('[role=treeitem]'),
    };
    // A name that is typed begins anew after any other key.
    if (event.key.length > 1) typed = '';
    if (moves[event.key]) {
      event.preventDefault();
      const next = moves[event.key]();
      if (next) { focusOn(next); next.firstChild.scrollIntoView({ block: 'nearest' }); }
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      event.shiftKey ? insertNode(item) : act(item, element);
    } else if (event.key.length === 1) {
      const next = named(event.key.toLowerCase(), items, at);
      if (next) { focusOn(next); next.firstChild.scrollIntoView({ block: 'nearest' }); }
    }
  }

  /** What begins with the letters that were typed one after the other; one letter again and again goes through all that begin with it. */
  function named(letter, items, at) {
    const now = performance.now();
    typed = now - typedAt < PATIENCE ? typed + letter : letter;
    typedAt = now;
    const isOne = [...typed].every(one => one === letter), begin = isOne ? letter : typed, from = isOne ? at + 1 : at;
    return [...items.slice(from), ...items.slice(0, from)].find(one => byElement.get(one).label.toLowerCase().startsWith(begin));
  }

  /** Where the name goes, its database is chosen too. */
  function insertInto(database, text) {
    if (database !== databaseName(context)) context.database = database;
    context.insertSQL(text);
  }
  function insertNode(item) {
    insertInto(item.database, item.kind === 'column' ? quoted(item.column.name) : item.isRelation ? qualified(item.schema, item.name) : quoted(item.label));
  }

  /** Tables by their names at once; then columns, schema by schema. */
  async function find() {
    kept.search = search.value;
    const mine = ++searches;
    if (!searching()) { count.textContent = ''; draw(); return; }
    const looked = nodes.children.filter(one => kept.open.has(one.key) || one.database === databaseName(context));
    await Promise.all(looked.map(one => one.children === null ? open(one) : null));
    if (mine !== searches || ended) return;
    drawFound();
    const unread = looked.flatMap(one => one.children ?? []).filter(one => one.about.usable && one.children.some(child => child.children === null));
    for (const schema of unread.slice(0, MOST_SCHEMAS)) {
      const answer = await picture(schema.database, schema.schema).catch(() => null);
      if (mine !== searches || ended) return;
      for (const child of schema.children) {
        const columns = answer?.relations.find(one => one.name === child.name)?.columns;
        if (columns && child.children === null) child.children = columnNodes(child, columns);
      }
      drawFound();
    }
  }

  function drawFound() {
    const words = search.value.trim().toLowerCase(), has = text => (text ?? '').toLowerCase().includes(words);
    const several = nodes.children.length > 1, matched = [];
    let found = 0;
    for (const database of nodes.children) for (const schema of database.children ?? []) for (const one of schema.children ?? []) {
      const columns = (one.children ?? []).filter(column => has(column.label) || has(column.column.comment));
      if (!columns.length && !has(`${schema.label}.${one.label}`) && !has(one.about.comment)) continue;
      if (++found > MOST_FOUND) continue;
      const below = columns.length ? columns : one.children;
      if (columns.length) kept.open.add(one.key);
      matched.push({ ...one, level: 1, label: `${several ? database.label + " · " : ""}${schema.label}.${one.label}`, children: below?.map(column => ({ ...column, level: 2 })) ?? null });
    }
    count.textContent = t.found(found);
    draw(matched);
  }

  async function show(item) {
    chosen = item.key;
    tree.querySelectorAll('[role=treeitem]').forEach(one => one.setAttribute('aria-selected', String(one.dataset.key === chosen)));
    const mine = ++shows;
    replace(detail, h('p', { class: 'muted', role: 'status' }, texts.loading));
    try {
      let content;
      if (item.kind === 'schema') {
        const { schemaPicture } = await import('./er.js');
        content = schemaPicture(item.schema, await picture(item.database, item.schema), (schema, name) => show(relationNode(item.database, { schema, name, kind: 'table' }, null)));
      } else {
        const { relationView } = await import('./relation.js');
        const full = await relation(item.database, item.schema, item.name);
        content = relationView(full, { insert: text => insertInto(item.database, text), open: (schema, name) => show(relationNode(item.database, { schema, name, kind: 'table' }, null)) });
      }
      if (mine === shows && !ended) { replace(detail, content); if (matchMedia('(max-width: 46rem)').matches) detail.scrollIntoView({ block: 'start' }); }
    } catch (error) { if (mine === shows && !ended) replace(detail, problemView(error)); }
  }

  const onDatabase = () => { const item = nodes.children.find(one => one.database === databaseName(context)); if (item) open(item); };
  const onDatabases = () => { if (String(names()) !== String(nodes.children.map(one => one.label))) start(); };
  context.addEventListener('database', onDatabase);
  context.addEventListener('databases', onDatabases);
  start();
  return { unmount() { ended = true; clearTimeout(timer); context.removeEventListener('database', onDatabase); context.removeEventListener('databases', onDatabases); } };
}

const byElement = new WeakMap();

/** A name cannot look like another's by the characters in it. */
const keyOf = (...names) => JSON.stringify(names);

/** Puts children in their places and takes others away. One that is in its place already is not touched, which would cost it the focus. */
function arrange(parent, children) {
  const kept = new Set(children);
  for (const one of [...parent.childNodes]) if (!kept.has(one)) one.remove();
  let at = parent.firstChild;
  for (const one of children) {
    if (one === at) at = at.nextSibling;
    else parent.insertBefore(one, at);
  }
}
