// A result as a picture: bars, a line, or points, drawn as elements of SVG. The table beside it holds the same values.
import { h, replace, s, visible } from './dom.js';
import { t } from './strings.js';
import { isNumeric, isTemporal, secondsOf, textOf } from './values.js';

// In CSS pixels: a drawing is made for the width that it has, so that its texts are as large on a telephone as elsewhere.
const margin = { right: 36, top: 14, bottom: 52 };
const letter = 7, narrow = 600;
const most = { bar: 40, line: 2000, scatter: 2000 };
let serial = 0;

/// Round steps for an axis.
export function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(one => one * power).find(one => one >= rough) ?? rough;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9 && found.length < 20; value += step) {
    found.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  }
  return found;
}

const short = new Intl.NumberFormat(t.locale, { notation: 'compact', maximumSignificantDigits: 4 });
const cut = (text, length) => text.length > length ? text.slice(0, length - 1) + '…' : text;

function moment(seconds, span) {
  const text = new Date(seconds * 1000).toISOString();
  return span > 86400 * 2 ? text.slice(0, 10) : text.slice(11, 16);
}

/// The picture of a result with the choice of kind and columns, or null where none suits.
export function chart(result) {
  const { columns, rows } = result;
  const values = columns.map((_, at) => at).filter(at => isNumeric(columns[at]));
  if (values.length === 0 || rows.length < 2) return null;
  const ids = new Set(values.filter(at => /(^|_)id$/i.test(columns[at].name)));
  const names = columns.map((_, at) => at).filter(at => !isNumeric(columns[at]));
  const choice = { x: names.find(at => isTemporal(columns[at])) ?? names[0] ?? values[0] };
  const candidates = values.filter(at => at !== choice.x);
  choice.y = candidates.find(at => !ids.has(at)) ?? candidates[0] ?? values[0];
  choice.kind = isTemporal(columns[choice.x]) ? 'line' : isNumeric(columns[choice.x]) ? 'scatter' : 'bar';

  serial += 1;
  const id = `chart-${serial}`;
  const place = h('div', { class: 'chart-picture' });
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const now = Math.round(contentRect.width);
    if (now === 0 || now === width) return;
    width = now;
    draw();
  }).observe(place);
  const note = h('p', { class: 'muted small' });
  const select = (name, label, options, chosen) => h('span', { class: 'chart-choice' }, h('label', { for: `${id}-${name}` }, label),
    h('select', { id: `${id}-${name}`, onchange: event => {
      choice[name] = name === 'kind' ? event.target.value : Number(event.target.value);
      draw();
    } }, options.map(([value, text]) => h('option', { value, selected: value === chosen }, visible(text)))));
  const labelled = list => list.map(at => [at, columns[at].name || `${at + 1}`]);
  const element = h('figure', { class: 'chart' },
    h('div', { class: 'toolbar' },
      select('kind', t.chart.kind, Object.entries(t.chart.kinds), choice.kind),
      select('x', t.chart.x, labelled(columns.map((_, at) => at)), choice.x),
      select('y', t.chart.y, labelled(values), choice.y)),
    place, note);

  function draw() {
    // Where it is not shown, it is drawn when it is.
    if (width === 0) return;
    const { kind, x, y } = choice;
    const isCategory = kind === 'bar' || !isNumeric(columns[x]) && !isTemporal(columns[x]);
    const points = [];
    for (const row of rows) {
      const up = row[y] === null ? NaN : Number(row[y]);
      if (!Number.isFinite(up)) continue;
      const text = textOf(row[x]) ?? t.table.nothing;
      const across = isCategory ? points.length : isTemporal(columns[x]) ? secondsOf(text) : Number(text);
      if (across === null || !Number.isFinite(across)) continue;
      points.push({ across, up, text });
      if (points.length === most[kind]) break;
    }
    replace(note, points.length === most[kind] && rows.length > points.length ? `${t.chart.first(points.length)} ` : '', t.chart.seeTable);
    replace(place, points.length === 0 ? h('p', { class: 'muted' }, t.table.empty) : picture(points, kind, isCategory, columns[x], columns[y], width));
  }

  return element;
}

function picture(points, kind, isCategory, xColumn, yColumn, whole) {
  if (kind === 'line' && !isCategory) points = points.toSorted((a, b) => a.across - b.across);
  let low = points.reduce((least, point) => Math.min(least, point.up), Infinity);
  let high = points.reduce((greatest, point) => Math.max(greatest, point.up), -Infinity);
  if (kind === 'bar' || low > 0 && low < high * .5) low = Math.min(low, 0);
  if (kind === 'bar') high = Math.max(high, 0);
  if (low === high) { low -= 1; high += 1; }
  const steps = ticks(low, high);
  if (steps.length > 1) {
    const step = steps[1] - steps[0];
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  const marks = ticks(low, high).map(value => [value, short.format(value)]);
  const edge = 34 + letter * Math.max(...marks.map(([, text]) => text.length));
  const size = { ...margin, left: edge, width: Math.max(whole, edge + margin.right + 80), height: window.innerWidth < narrow ? 250 : 320 };
  const inner = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  const upward = value => size.top + inner.height * (1 - (value - low) / (high - low));
  let left = points.reduce((least, point) => Math.min(least, point.across), Infinity);
  let right = points.reduce((greatest, point) => Math.max(greatest, point.across), -Infinity);
  if (left === right) { left -= 1; right += 1; }
  const slot = inner.width / points.length;
  const across = point => isCategory ? size.left + slot * (point.across + .5)
    : size.left + inner.width * (point.across - left) / (right - left);

  const label = t.chart.label(t.chart.kinds[kind], visible(yColumn.name), visible(xColumn.name));
  const drawing = s('svg', { class: 'chart-drawing', viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', 'aria-label': label });
  for (const [value, text] of marks) {
    const at = upward(value);
    drawing.append(s('line', { class: 'grid', x1: size.left, x2: size.width - size.right, y1: at, y2: at }),
      s('text', { class: 'tick', x: size.left - 8, y: at + 4, 'text-anchor': 'end' }, text));
  }
  const base = upward(Math.min(Math.max(0, low), high));
  drawing.append(s('line', { class: 'axis', x1: size.left, x2: size.width - size.right, y1: base, y2: base }));
  const bottom = size.height - size.bottom + 18;
  if (isCategory) {
    const every = Math.max(1, Math.ceil(points.length / Math.max(2, Math.floor(inner.width / 62))));
    const room = Math.max(4, Math.floor(slot * every / letter));
    for (const point of points.filter((_, index) => index % every === 0)) {
      drawing.append(s('text', { class: 'tick', x: across(point), y: bottom, 'text-anchor': 'middle' }, visible(cut(point.text, room))));
    }
  } else {
    const isTime = isTemporal(xColumn) && xColumn.type !== 'interval';
    // Moments are named where there is one, since no step in seconds meets the months.
    const moments = [...new Set(points.map(point => point.across))].sort((a, b) => a - b);
    const every = Math.ceil(moments.length / Math.max(2, Math.floor(inner.width / 90)));
    for (const value of isTime ? moments.filter((_, index) => index % every === 0) : ticks(left, right, Math.min(8, Math.max(2, Math.floor(inner.width / 60))))) {
      const at = size.left + inner.width * (value - left) / (right - left);
      drawing.append(s('text', { class: 'tick', x: at, y: bottom, 'text-anchor': 'middle' }, isTime ? moment(value, right - left) : short.format(value)));
    }
  }
  drawing.append(
    s('text', { class: 'axis-name', x: size.left + inner.width / 2, y: size.height - 8, 'text-anchor': 'middle' }, visible(cut(xColumn.name, Math.floor(inner.width / letter)))),
    s('text', { class: 'axis-name', x: -(size.top + inner.height / 2), y: 14, 'text-anchor': 'middle', transform: 'rotate(-90)' }, visible(cut(yColumn.name, Math.floor(inner.height / letter)))));
  const said = point => s('title', {}, `${visible(cut(point.text, 80))}: ${point.up}`);
  if (kind === 'bar') {
    const width = Math.max(1, slot * .72);
    for (const point of points) {
      const at = upward(point.up);
      drawing.append(s('rect', {
        class: 'bar-mark', x: across(point) - width / 2, y: Math.min(at, base), width, height: Math.max(Math.abs(base - at), .5), rx: Math.min(3, width / 4),
      }, said(point)));
    }
  } else {
    if (kind === 'line') drawing.append(s('path', { class: 'line-mark', d: points.map((point, index) => `${index ? 'L' : 'M'}${across(point).toFixed(1)} ${upward(point.up).toFixed(1)}`).join('') }));
    if (kind === 'scatter' || points.length <= 60) {
      for (const point of points) drawing.append(s('circle', { class: 'point-mark', cx: across(point), cy: upward(point.up), r: kind === 'scatter' ? 4 : 3 }, said(point)));
    }
  }
  return drawing;
}
