// A result as a table: thousands of rows of which only those in sight are elements.
import { copy, download, h, icon, replace, visible } from './dom.js';
import { csvText, jsonText, tsvText } from './formats.js';
import { t } from './strings.js';
import { isNumeric, sortedOrder, textOf } from './values.js';

const rowHeight = 32;
const overscan = 12;
const longest = 300;

// Paper does not scroll: there a table has all its rows.
for (const [name, detail] of [['beforeprint', true], ['afterprint', false]]) {
  window.addEventListener(name, () => {
    for (const one of document.querySelectorAll('.result')) one.dispatchEvent(new CustomEvent('paper', { detail }));
  });
}

function showValue(title, text) {
  const close = h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, t.close);
  const done = h('span', { class: 'muted small', role: 'status' });
  const dialog = h('dialog', { class: 'stacked', 'aria-labelledby': 'value-title', onclose: () => dialog.remove() },
    h('div', { class: 'dialog-head' }, h('h2', { id: 'value-title' }, visible(title))),
    h('div', { class: 'dialog-body', tabIndex: 0, role: 'region', 'aria-labelledby': 'value-title' }, h('pre', { class: 'value' }, visible(pretty(text)))),
    h('div', { class: 'dialog-foot' }, close,
      h('button', { class: 'button', type: 'button', onclick: async () => replace(done, await copy(text) ? t.copied : t.copyFailed) }, icon('copy'), t.copy), done));
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}

function pretty(text) {
  // Only what stays the same: numbers that JavaScript cannot hold would change.
  if (!/^[[{]/.test(text) || text.length > 200000) return text;
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}

/// A result of `POST /query` as an element: table, sorting, copies and files. `more(offset)` gets the next page.
export function resultTable(result, { more = null, label = t.table.label, chartable = true } = {}) {
  const words = t.table;
  const columns = result.columns ?? [];
  let rows = result.rows ?? [];
  let nextOffset = result.nextOffset ?? null;
  let order = null;
  let sorted = { at: -1, descending: false };
  if (columns.length === 0) {
    return h('div', { class: 'result' }, h('p', { class: 'muted small' }, result.command ? `${visible(result.command)}. ` : '', words.noColumns));
  }

  const ordered = () => order ? order.map(index => rows[index]) : rows;
  const status = h('span', { class: 'visually-hidden', role: 'status' });
  const say = text => replace(status, text);
  const count = h('span', { class: 'result-count' });
  const head = h('tr', { 'aria-rowindex': 1 });
  const body = h('tbody');
  const groups = h('colgroup');
  const table = h('table', { 'aria-colcount': columns.length, 'aria-label': visible(label) }, groups, h('thead', {}, head), body);
  const scroller = h('div', { class: 'result-scroll', tabIndex: 0, role: 'region', 'aria-label': visible(label) }, table);
  const widths = columns.map((column, at) => {
    let width = [...visible(column.name)].length + 3;
    for (const row of rows.slice(0, 100)) width = Math.max(width, (textOf(row[at]) ?? 'NULL').length + 1);
    return Math.min(Math.max(width, 6), 44);
  });
  for (const width of widths) {
    const one = h('col');
    one.style.width = `calc(${width}ch + 1.7rem)`;
    groups.append(one);
  }
  table.style.width = `calc(${widths.reduce((sum, width) => sum + width, 0)}ch + ${widths.length * 1.7}rem)`;
  const headers = columns.map((column, at) => {
    const name = visible(column.name);
    const button = h('button', { type: 'button', class: 'sort', title: `${name} · ${visible(column.type)}`, onclick: () => sort(at) },
      h('span', { class: 'name' }, name || '?'), h('span', { class: 'arrow', 'aria-hidden': 'true' }));
    const cell = h('th', { scope: 'col', class: isNumeric(column) ? 'number' : null, 'aria-sort': 'none' }, button);
    head.append(cell);
    return cell;
  });

  function sort(at) {
    sorted = sorted.at !== at ? { at, descending: false } : sorted.descending ? { at: -1, descending: false } : { at, descending: true };
    order = sorted.at < 0 ? null : sortedOrder(rows, columns, sorted.at, sorted.descending);
    headers.forEach((header, index) => header.setAttribute('aria-sort', index !== sorted.at ? 'none' : sorted.descending ? 'descending' : 'ascending'));
    drawn = null;
    draw();
  }

  function cell(value, at, row) {
    const column = columns[at];
    const kind = isNumeric(column) ? 'number' : null;
    const text = textOf(value);
    if (text === null) return h('td', { class: kind }, h('span', { class: 'null' }, words.nothing));
    const isLong = text.length > widths[at] || text.includes('\n');
    const shown = visible(text.length > longest ? text.slice(0, longest) + '…' : text).replaceAll('\n', ' ⏎ ').replaceAll('\t', ' ⇥ ');
    if (!isLong) return h('td', { class: kind }, shown);
    return h('td', { class: kind }, h('button', {
      type: 'button', class: 'long', title: words.expand, onclick: () => showValue(words.cell(column.name, row + 1), text),
    }, h('bdi', {}, shown)));
  }

  const above = h('tr', { 'aria-hidden': 'true', class: 'gap' }, h('td', { colspan: columns.length }));
  const below = above.cloneNode(true);
  let drawn = null, isOnPaper = false;
  function draw() {
    const height = scroller.clientHeight || 480;
    const first = isOnPaper ? 0 : Math.max(0, Math.min(Math.floor(scroller.scrollTop / rowHeight), rows.length) - overscan);
    const last = isOnPaper ? rows.length : Math.min(rows.length, first + Math.ceil(height / rowHeight) + 2 * overscan);
    if (drawn && drawn.first === first && drawn.last === last) return;
    drawn = { first, last };
    above.firstChild.style.height = `${first * rowHeight}px`;
    below.firstChild.style.height = `${(rows.length - last) * rowHeight}px`;
    above.hidden = first === 0;
    below.hidden = last === rows.length;
    const shown = [];
    for (let index = first; index < last; index += 1) {
      const row = rows[order ? order[index] : index];
      shown.push(h('tr', { 'aria-rowindex': index + 2, class: index % 2 ? 'odd' : null }, columns.map((_, at) => cell(row[at], at, index))));
    }
    replace(body, above, shown, below);
  }
  let waiting = false;
  scroller.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }, { passive: true });
  new ResizeObserver(() => draw()).observe(scroller);

  const moreButton = h('button', { type: 'button', class: 'button small', onclick: loadMore }, icon('down'), words.more);
  async function loadMore() {
    moreButton.disabled = true;
    try {
      const page = await more(nextOffset);
      const added = page?.rows ?? [];
      rows = rows.concat(added);
      nextOffset = added.length > 0 ? page.nextOffset ?? null : null;
      if (sorted.at >= 0) order = sortedOrder(rows, columns, sorted.at, sorted.descending);
      drawn = null;
      update();
      say(words.rows(rows.length, nextOffset !== null));
      if (picture && !picture.hidden) await drawChart();
    } catch (error) {
      if (error.name !== 'AbortError') replace(notes, h('p', { class: 'problem' }, visible(error.message)));
    } finally {
      moreButton.disabled = false;
    }
  }

  function update() {
    table.setAttribute('aria-rowcount', nextOffset === null ? rows.length + 1 : -1);
    const isCut = nextOffset !== null || result.truncated === true && rows.length === (result.rows ?? []).length;
    replace(count, rows.length === 0 ? words.empty : words.rows(rows.length, isCut));
    moreButton.hidden = !(more && nextOffset !== null);
    // A short table takes what it needs, a scroll bar below it included.
    scroller.style.height = rows.length > 13 ? `${14 * rowHeight + 18}px` : 'auto';
    draw();
  }

  const named = end => `result-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${end}`;
  const tools = h('div', { class: 'toolbar result-tools' }, count,
    result.elapsedMs === undefined ? null : h('span', { class: 'muted small' }, visible(words.elapsed(result.elapsedMs, result.database ?? ''))),
    h('span', { class: 'spacer' }), moreButton);
  const tool = (name, title, text, onclick) => h('button', { type: 'button', class: 'button quiet small', title, onclick }, icon(name), text);
  let picture = null;
  const notes = h('div');
  const figure = h('div', { class: 'result-chart', hidden: true });
  const suits = chartable && rows.length > 1 && columns.length > 1 && columns.some(isNumeric);
  if (suits) {
    const toChart = h('button', { type: 'button', class: 'button quiet small', 'aria-pressed': 'false', onclick: async () => {
      figure.hidden = !figure.hidden;
      toChart.setAttribute('aria-pressed', String(!figure.hidden));
      if (!figure.hidden) await drawChart();
    } }, icon('chart'), words.asChart);
    tools.append(toChart);
  }
  async function drawChart() {
    picture = figure;
    const { chart } = await import('./chart.js');
    const drawing = chart({ ...result, rows: ordered() });
    if (drawing) replace(figure, drawing);
  }
  tools.append(
    tool('copy', words.copyHint, words.copyAll, async () => say(await copy(tsvText(columns, ordered())) ? t.copied : t.copyFailed)),
    tool('download', words.csvHint, words.csv, () => download(named('csv'), 'text/csv;charset=utf-8', csvText(columns, ordered()))),
    tool('download', words.jsonHint, words.json, () => download(named('json'), 'application/json', jsonText(columns, ordered()))));
  for (const warning of [...(result.warnings ?? []), ...(result.notices ?? [])]) {
    const text = typeof warning === 'string' ? warning : warning.message ?? JSON.stringify(warning);
    notes.append(h('p', { class: 'muted small' }, visible(text)));
  }
  const element = h('div', { class: 'result', onpaper: ({ detail }) => {
    isOnPaper = detail;
    drawn = null;
    draw();
  } }, tools, figure, scroller, notes, status);
  update();
  return element;
}
