// A result as a table: thousands of rows of which only those in sight are elements.
import { copy, download, h, icon, replace, visible } from './dom.js';
import { t } from './strings.js';

const rowHeight = 32;
const overscan = 12;
const longest = 300;

// Paper does not scroll: there a table has all its rows.
for (const [name, detail] of [['beforeprint', true], ['afterprint', false]]) {
  window.addEventListener(name, () => {
    for (const one of document.querySelectorAll('.result')) one.dispatchEvent(new CustomEvent('paper', { detail }));
  });
}

const numeric = /^(smallint|integer|bigint|numeric|real|double precision|oid|money)/;
const temporal = /^(date|timestamp|time(?! zone)|interval)/;

export const isNumeric = column => numeric.test(column.type);
export const isTemporal = column => temporal.test(column.type);

/// A value as a text, or null.
export function textOf(value) {
  if (value === null || value === undefined) return null;
  // A number with more digits than JavaScript keeps is an object, too.
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/// Compares numbers of any length, as the texts that PostgreSQL prints; NaN is the greatest.
export function compareNumbers(a, b) {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  if (x !== y && Number.isFinite(x) && Number.isFinite(y)) return x < y ? -1 : 1;
  const [left, right] = [digits(a), digits(b)];
  if (!left || !right) return x === y ? 0 : x < y ? -1 : 1;
  if (left.negative !== right.negative) return left.negative ? -1 : 1;
  const sign = left.negative ? -1 : 1;
  if (left.whole.length !== right.whole.length) return left.whole.length < right.whole.length ? -sign : sign;
  if (left.whole !== right.whole) return left.whole < right.whole ? -sign : sign;
  const length = Math.max(left.part.length, right.part.length);
  const [p, q] = [left.part.padEnd(length, '0'), right.part.padEnd(length, '0')];
  return p === q ? 0 : p < q ? -sign : sign;
}

function digits(value) {
  const match = /^(-?)0*(\d*)(?:\.(\d*))?$/.exec(String(value));
  return match && { negative: match[1] === '-' && /[1-9]/.test(match[2] + (match[3] ?? '')), whole: match[2], part: match[3] ?? '' };
}

const moment = /^(\d{4,7})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(\.\d+)?([+-]\d\d(?::?\d\d){0,2})?)?( BC)?$/;
const units = { year: 31557600, mon: 2592000, day: 86400 };

/// Seconds for a date, a time, or an interval as PostgreSQL prints them; null for anything else.
export function secondsOf(text) {
  if (text === 'infinity' || text === '-infinity') return text === 'infinity' ? Infinity : -Infinity;
  const match = moment.exec(text);
  if (match) {
    const date = new Date(0);
    const year = Number(match[1]);
    date.setUTCFullYear(match[9] ? 1 - year : year, match[2] - 1, Number(match[3]));
    date.setUTCHours(match[4] ?? 0, match[5] ?? 0, match[6] ?? 0);
    const zone = match[8] ? match[8].slice(1).split(':').reduce((sum, part, at) => sum + part * [3600, 60, 1][at], 0) : 0;
    return date.getTime() / 1000 + Number(match[7] ?? 0) - (match[8]?.startsWith('-') ? -zone : zone);
  }
  let sum = 0, found = false;
  for (const [, count, unit, sign, hours, minutes, rest] of text.matchAll(/(-?\d+) (year|mon|day)s?|(-?)(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?/g)) {
    found = true;
    if (unit) sum += count * units[unit];
    else sum += (sign ? -1 : 1) * (hours * 3600 + minutes * 60 + Number(rest ?? 0));
  }
  return found ? sum : null;
}

const collator = new Intl.Collator('en');

function comparison(column) {
  if (isNumeric(column)) {
    return column.type === 'money' ? (a, b) => compareNumbers(a.replace(/[^\d.-]/g, ''), b.replace(/[^\d.-]/g, '')) : compareNumbers;
  }
  if (isTemporal(column)) {
    const known = new Map();
    const key = text => {
      if (!known.has(text)) known.set(text, secondsOf(text));
      return known.get(text);
    };
    return (a, b) => {
      const [x, y] = [key(a), key(b)];
      return x === null || y === null || x === y ? collator.compare(a, b) : x < y ? -1 : 1;
    };
  }
  if (column.type === 'boolean') return (a, b) => Number(a) - Number(b);
  return (a, b) => collator.compare(textOf(a), textOf(b));
}

/// The order of rows by a column: NULL is greater than everything, as in PostgreSQL.
export function sortedOrder(rows, columns, at, descending) {
  const compare = comparison(columns[at]);
  const order = rows.map((_, index) => index);
  order.sort((i, j) => {
    const [a, b] = [rows[i][at], rows[j][at]];
    const result = a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b);
    return (descending ? -result : result) || i - j;
  });
  return order;
}

/// What a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). A plain number is none.
export function spreadsheetSafe(text) {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return text;
  return /^[\s\u0000-\u001f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

const quoted = text => `"${text.replaceAll('"', '""')}"`;

/// The rows as CSV (RFC 4180); NULL is empty, an empty text is `""`.
export function csvText(columns, rows) {
  const field = value => {
    const text = textOf(value);
    if (text === null) return '';
    const safe = spreadsheetSafe(text);
    return safe === '' || /[",\r\n\t;']/.test(safe) ? quoted(safe) : safe;
  };
  const lines = [columns.map(column => field(column.name)), ...rows.map(row => row.map(field))];
  return '\ufeff' + lines.map(line => line.join(',') + '\r\n').join('');
}

/// The rows tab-separated, as spreadsheets take them from the clipboard.
export function tsvText(columns, rows) {
  const field = value => {
    const safe = spreadsheetSafe(textOf(value) ?? '');
    return /["\t\r\n]/.test(safe) ? quoted(safe) : safe;
  };
  return [columns.map(column => field(column.name)), ...rows.map(row => row.map(field))].map(line => line.join('\t')).join('\n') + '\n';
}

/// The rows as JSON; arrays, since columns may have one name.
export function jsonText(columns, rows) {
  return `{\n"columns": ${JSON.stringify(columns)},\n"rows": [\n${rows.map(row => JSON.stringify(row)).join(',\n')}\n]\n}\n`;
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
