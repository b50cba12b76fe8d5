// A schema as a picture: tables as boxes in layers, those that are referred to at the left, foreign keys as lines; and the
// same as a list, for who does not see it.
import { h, replace, s, visible } from './dom.js';
import { t as texts } from './strings.js';

const t = texts.er;
const WIDTH = 216, ROW = 20, HEAD = 30, GAP_X = 88, GAP_Y = 28, PAD = 16;
const MOST_TABLES = 150, MOST_COLUMNS = 12, CHARACTERS = 26;
const MANY = 24; // from here on only keys are drawn at first

/**
 * @param {string} schema
 * @param {{relations: object[], truncated: boolean}} answer Of `GET /schema?details=true`.
 * @param {(schema: string, name: string) => void} open
 */
export function schemaPicture(schema, answer, open) {
  const tables = answer.relations.filter(one => !one.partition);
  const drawn = tables.slice(0, MOST_TABLES), links = linksOf(drawn);
  const frame = h('div', { class: 'er-frame', tabindex: '0', role: 'region', 'aria-label': t.region });
  let zoom = 1, keysOnly = drawn.length > MANY, picture = null;

  const draw = () => {
    picture = drawing(schema, drawn, links, keysOnly, open);
    replace(frame, picture);
    scale(zoom);
  };
  const scale = value => {
    zoom = Math.max(0.2, Math.min(2, value));
    picture.setAttribute('width', String(Math.round(picture.viewBox.baseVal.width * zoom)));
    picture.setAttribute('height', String(Math.round(picture.viewBox.baseVal.height * zoom)));
  };
  const fit = () => scale(Math.min(1, (frame.clientWidth - 4) / picture.viewBox.baseVal.width, window.innerHeight * 0.65 / picture.viewBox.baseVal.height));
  const keys = h('input', { type: 'checkbox', onchange: () => { keysOnly = keys.checked; draw(); } });
  keys.checked = keysOnly;
  draw();
  // Once it stands in the page: a little smaller where that shows all of its width.
  requestAnimationFrame(() => { if (frame.clientWidth > 0) scale(Math.max(0.75, Math.min(1, (frame.clientWidth - 4) / picture.viewBox.baseVal.width))); });
  const name = one => one.schema === schema ? one.name : `${one.schema}.${one.name}`;
  return h('article', { class: 'er' },
    h('header', {}, h('h2', {}, visible(schema)), h('p', { class: 'muted' }, `${t.tables(tables.length)}, ${t.links(tables.reduce((sum, one) => sum + (one.foreignKeys ?? []).length, 0))}`),
      tables.length > drawn.length || answer.truncated ? h('p', { class: 'note' }, t.truncated(drawn.length)) : null,
      drawn.length > 0 && h('div', { class: 'toolbar' }, h('button', { type: 'button', class: 'button small', onclick: () => scale(zoom / 1.25) }, t.zoomOut), h('button', { type: 'button', class: 'button small', onclick: () => scale(zoom * 1.25) }, t.zoomIn),
        h('button', { type: 'button', class: 'button small', onclick: fit }, t.fit), h('label', { class: 'check' }, keys, t.keysOnly))),
    drawn.length ? frame : h('p', { class: 'muted empty' }, texts.schema.empty),
    drawn.length > 0 && h('details', { class: 'er-list' }, h('summary', {}, t.list), h('ul', {}, ...drawn.map(one => {
      const out = one.foreignKeys ?? [];
      return h('li', {}, h('button', { type: 'button', class: 'link', onclick: () => open(one.schema, one.name) }, visible(name(one))),
        out.length ? ` ${t.refers} ` + out.map(key => `${visible(name({ schema: key.references.schema, name: key.references.table }))} (${visible(key.columns.join(", "))} → ${visible(key.references.columns.join(", "))})`).join("; ") : ` ${t.nothing}`);
    }))));
}

const keyOf = (schema, name) => JSON.stringify([schema, name]);

/** The foreign keys between tables that are drawn, as indexes. */
function linksOf(tables) {
  const at = new Map(tables.map((one, index) => [keyOf(one.schema, one.name), index]));
  return tables.flatMap((one, from) => (one.foreignKeys ?? []).map(key => ({ from, to: at.get(keyOf(key.references.schema, key.references.table)), key })).filter(link => link.to !== undefined));
}

/** In which layer each table is: one more than the farthest of those that it refers to. A circle is cut where it closes. */
function layersOf(count, links) {
  const out = Array.from({ length: count }, () => []), layer = new Array(count).fill(-1), entered = new Array(count).fill(false);
  for (const { from, to } of links) if (from !== to) out[from].push(to);
  for (let start = 0; start < count; start++) {
    const stack = [[start, 0]];
    entered[start] ||= layer[start] < 0;
    while (stack.length && layer[start] < 0) {
      const [node, next] = stack.at(-1);
      if (next < out[node].length) {
        stack.at(-1)[1]++;
        const target = out[node][next];
        if (layer[target] < 0 && !entered[target]) { entered[target] = true; stack.push([target, 0]); }
      } else {
        layer[node] = Math.max(0, ...out[node].filter(target => layer[target] >= 0).map(target => layer[target] + 1));
        stack.pop();
      }
    }
  }
  return layer;
}

/** The lines of a box: keys first, then what there is room for. */
function linesOf(one, keysOnly) {
  const primary = new Set(one.primaryKey ?? []), foreign = new Set((one.foreignKeys ?? []).flatMap(key => key.columns));
  const columns = (one.columns ?? []).map(column => ({ name: column.name, type: column.type, primary: primary.has(column.name), foreign: foreign.has(column.name) }));
  const ordered = [...columns.filter(column => column.primary || column.foreign), ...(keysOnly ? [] : columns.filter(column => !column.primary && !column.foreign))];
  const lines = ordered.slice(0, MOST_COLUMNS);
  return { lines, more: columns.length - lines.length };
}

/** Where everything stands. */
function layout(tables, links, keysOnly) {
  const boxes = tables.map(one => { const { lines, more } = linesOf(one, keysOnly); return { one, lines, more, height: HEAD + (lines.length + (more > 0 ? 1 : 0)) * ROW + 8 }; });
  const linked = new Set(links.filter(link => link.from !== link.to).flatMap(link => [link.from, link.to]));
  const layer = layersOf(tables.length, links), layers = [];
  boxes.forEach((box, index) => { if (linked.has(index)) (layers[layer[index]] ??= []).push(index); });
  // Neighbours near each other: by the mean place of what they are linked with, a few times to and fro.
  const order = new Map();
  layers.forEach(list => list?.forEach((index, at) => order.set(index, at)));
  const near = boxes.map(() => []);
  for (const { from, to } of links) { near[from].push(to); near[to].push(from); }
  for (let round = 0; round < 6; round++) {
    for (const list of round % 2 ? [...layers].reverse() : layers) {
      if (!list) continue;
      const mean = index => near[index].reduce((sum, other) => sum + (order.get(other) ?? 0), 0) / (near[index].length || 1);
      list.map(index => [index, mean(index)]).sort((a, b) => a[1] - b[1]).forEach(([index], at) => { list[at] = index; order.set(index, at); });
    }
  }
  const area = boxes.reduce((sum, box) => sum + (box.height + GAP_Y) * (WIDTH + GAP_X), 0), tall = Math.max(460, Math.sqrt(area * 0.7));
  let x = PAD, bottom = PAD, right = PAD;
  const columns = [];
  for (const list of layers) {
    if (!list?.length) continue;
    let column = [], height = 0;
    for (const index of list) {
      if (height > 0 && height + boxes[index].height > tall) { columns.push({ column, height }); column = []; height = 0; }
      column.push(index);
      height += boxes[index].height + GAP_Y;
    }
    columns.push({ column, height });
  }
  const most = Math.max(0, ...columns.map(one => one.height));
  for (const { column, height } of columns) {
    let y = PAD + Math.max(0, (most - height) / 2);
    for (const index of column) { Object.assign(boxes[index], { x, y }); y += boxes[index].height + GAP_Y; bottom = Math.max(bottom, y); }
    right = x + WIDTH;
    x += WIDTH + GAP_X;
  }
  // Those without a link in rows below.
  const alone = boxes.filter((box, index) => !linked.has(index));
  const wide = Math.max(right, PAD + 3 * (WIDTH + GAP_Y));
  let y = bottom, rowHeight = 0;
  x = PAD;
  for (const box of alone) {
    if (x > PAD && x + WIDTH > wide) { x = PAD; y += rowHeight + GAP_Y; rowHeight = 0; }
    Object.assign(box, { x, y });
    right = Math.max(right, x + WIDTH);
    rowHeight = Math.max(rowHeight, box.height);
    x += WIDTH + GAP_Y;
  }
  if (alone.length) bottom = y + rowHeight + GAP_Y;
  return { boxes, width: right + PAD + 24, height: bottom + PAD - GAP_Y + 8 };
}

const cut = (text, most) => { const all = [...text]; return all.length > most ? all.slice(0, most - 1).join('') + '…' : text; };

function drawing(schema, tables, links, keysOnly, open) {
  const { boxes, width, height } = layout(tables, links, keysOnly);
  const svg = s('svg', { class: 'er-picture', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': t.label(visible(schema)) });
  const lines = s('g', { class: 'er-links' }), shapes = s('g', {});
  const elements = boxes.map(box => {
    const { one, x, y } = box, name = visible(one.name);
    const group = s('g', { class: 'er-table', transform: `translate(${x} ${y})` }, s('title', {}, name),
      s('rect', { class: 'er-box', width: WIDTH, height: box.height, rx: 6 }), s('path', { class: 'er-head', d: `M0 ${HEAD}V6Q0 0 6 0H${WIDTH - 6}Q${WIDTH} 0 ${WIDTH} 6V${HEAD}Z` }),
      s('svg', { width: WIDTH - 8, height: HEAD }, s('text', { class: 'er-name', x: 10, y: 20 }, cut(name, CHARACTERS))));
    box.lines.forEach((line, index) => {
      const at = HEAD + 18 + index * ROW, room = CHARACTERS - 4;
      const type = cut(visible(line.type), 12), label = cut(visible(line.name), room - Math.min(type.length, 9));
      group.append(s('text', { class: 'er-mark', x: 10, y: at }, line.primary ? 'PK' : line.foreign ? 'FK' : ''), s('text', { class: line.primary ? 'er-column er-key' : 'er-column', x: 34, y: at }, label),
        s('text', { class: 'er-type', x: WIDTH - 10, y: at, 'text-anchor': 'end' }, [...label].length + type.length > room ? '' : type));
    });
    if (box.more > 0) group.append(s('text', { class: 'er-type', x: 34, y: HEAD + 18 + box.lines.length * ROW }, t.more(box.more)));
    group.addEventListener('click', () => open(one.schema, one.name));
    shapes.append(group);
    return group;
  });
  const rowOf = (box, column) => { const at = box.lines.findIndex(line => line.name === column); return box.y + (at < 0 ? HEAD / 2 : HEAD + 13 + at * ROW); };
  for (const { from, to, key } of links) {
    const a = boxes[from], b = boxes[to], y1 = rowOf(a, key.columns[0]), y2 = rowOf(b, key.references.columns[0]);
    let path;
    let foot;
    if (from === to || Math.abs(a.x - b.x) < WIDTH) { // the same column: around the right side
      const x1 = a.x + WIDTH, x2 = b.x + WIDTH, out = Math.max(x1, x2) + 28 + Math.min(24, Math.abs(y1 - y2) / 14);
      path = `M${x1} ${y1}C${out} ${y1} ${out} ${y2} ${x2} ${y2 === y1 ? y2 - 8 : y2}`;
      foot = [x1, 1, y1];
    } else {
      const forward = b.x > a.x, x1 = forward ? a.x + WIDTH : a.x, x2 = forward ? b.x : b.x + WIDTH, bend = Math.max(40, Math.abs(x1 - x2) / 2);
      path = `M${x1} ${y1}C${x1 + (forward ? bend : -bend)} ${y1} ${x2 + (forward ? -bend : bend)} ${y2} ${x2} ${y2}`;
      foot = [x1, forward ? 1 : -1, y1];
    }
    const line = s('g', { class: 'er-link' }, s('path', { d: path }), s('path', { d: `M${foot[0]} ${foot[2] - 5}L${foot[0] + 9 * foot[1]} ${foot[2]}L${foot[0]} ${foot[2] + 5}` }));
    lines.append(line);
    for (const group of [elements[from], elements[to]]) {
      group.addEventListener('pointerenter', () => line.classList.add('er-lit'));
      group.addEventListener('pointerleave', () => line.classList.remove('er-lit'));
    }
  }
  svg.append(lines, shapes);
  return svg;
}
