// Markdown of a model as elements. A subset without HTML: what is no Markdown of this subset stays the text that it is. Pictures
// are not loaded, links go to http and https only and show where they lead.
import { h, safeHref, visible } from './dom.js';

const deepest = 6;

/// Elements of inline text.
export function inline(text, depth = 0, linked = false) {
  const found = [];
  let plain = '';
  // A closing mark that was looked for and is not there is not looked for again: the time stays linear.
  const absent = new Set();
  const closing = (mark, from) => {
    if (absent.has(mark)) return -1;
    const at = text.indexOf(mark, from);
    if (at < 0) absent.add(mark);
    return at;
  };
  const flush = () => {
    if (plain) found.push(document.createTextNode(visible(plain)));
    plain = '';
  };
  const put = element => {
    flush();
    found.push(element);
  };
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '\\' && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '')) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    if (character === '`') {
      let length = 1;
      while (text[at + length] === '`') length += 1;
      const mark = '`'.repeat(length);
      const end = closing(mark, at + length);
      if (end > 0 && text[end + length] !== '`') {
        put(h('code', {}, visible(text.slice(at + length, end).replace(/^ (.*) $/s, '$1'))));
        at = end + length;
      } else {
        plain += mark;
        at += length;
      }
      continue;
    }
    if (depth < deepest && (character === '*' || character === '_' || character === '~')) {
      const mark = text[at + 1] === character ? character + character : character;
      const before = text[at - 1] ?? ' ', after = text[at + mark.length] ?? ' ';
      const opens = !/\s/.test(after) && (character !== '_' || !/[\p{L}\p{N}]/u.test(before)) && mark !== '~';
      const end = opens ? closing(mark, at + mark.length) : -1;
      if (end > at + mark.length && !/\s/.test(text[end - 1]) && !(mark.length === 1 && text[end + 1] === character)
        && (character !== '_' || !/[\p{L}\p{N}]/u.test(text[end + mark.length] ?? ' '))) {
        const tag = mark === '~~' ? 'del' : mark.length === 2 ? 'strong' : 'em';
        put(h(tag, {}, inline(text.slice(at + mark.length, end), depth + 1, linked)));
        at = end + mark.length;
      } else {
        plain += mark;
        at += mark.length;
      }
      continue;
    }
    if (!linked && (character === '[' || character === '!' && text[at + 1] === '[') && depth < deepest) {
      const start = character === '!' ? at + 1 : at;
      const middle = closing('](', start);
      const end = middle < 0 || middle - start > 1000 ? -1 : closing(')', middle);
      const target = end < 0 ? '' : text.slice(middle + 2, Math.min(end, middle + 2100)).trim().split(/\s/)[0];
      const href = end - middle > 2050 ? null : safeHref(target.replace(/^<(.*)>$/, '$1'));
      if (href && !href.startsWith('#')) {
        put(link(href, inline(text.slice(start + 1, middle), depth + 1, true)));
        at = end + 1;
      } else {
        plain += text.slice(at, start + 1);
        at = start + 1;
      }
      continue;
    }
    if (!linked && character === 'h' && /^https?:\/\/[^\s<>"'`|\\]{1,2000}/.test(text.slice(at, at + 12)) && !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) {
      const address = /^[^\s<>"'`|\\]{1,2000}/.exec(text.slice(at, at + 2010))[0].replace(/[.,;:!?)\]*_]+$/, '');
      const href = safeHref(address);
      if (href) {
        put(link(href, null));
        at += address.length;
        continue;
      }
    }
    if (character === '\n') {
      put(h('br'));
      at += 1;
      continue;
    }
    plain += character;
    at += 1;
  }
  flush();
  return found;
}

function link(href, children) {
  // The host is what a person judges by, so it is never cut.
  const most = Math.max(90, new URL(href).origin.length + 2);
  const shown = visible(href.length > most ? href.slice(0, most - 1) + '…' : href);
  const element = h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow', title: visible(href) }, children ?? shown);
  return children ? h('span', {}, element, h('span', { class: 'link-target' }, ` (${shown})`)) : element;
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const heading = /^ {0,3}(#{1,6})\s(.*)$/s;
const bullet = /^(\s*)([-*+]|\d{1,9}[.)])(?:\s+|$)/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
// Both of these in steps that look at each character once: an expression that tries every way to share out a run of white space
// takes its square, or its cube.
const isTableRule = line => /^[\s|:-]+$/.test(line) && cellsOf(line).every(cell => /^:?-+:?$/.test(cell));
const cellsOf = line => line.trim().replace(/^\||\|$/g, '').split(/(?<!\\)\|/).map(cell => cell.trim().replaceAll('\\|', '|'));
function titleOf(text) {
  let end = text.length;
  while (text[end - 1] === '#') end -= 1;
  return text.slice(0, end).trim();
}

/// The blocks of lines from `from` on: each `{ start, build }`, where `start` counts lines.
function blocks(lines, depth = 0) {
  const found = [];
  let at = 0;
  const push = (start, build) => found.push({ start, build });
  while (at < lines.length) {
    const line = lines[at], start = at;
    if (/^\s*$/.test(line)) { at += 1; continue; }
    const fenced = fence.exec(line);
    if (fenced) {
      at += 1;
      const code = [];
      const end = new RegExp(`^ {0,3}${fenced[1][0]}{${fenced[1].length},}\\s*$`);
      while (at < lines.length && !end.test(lines[at])) code.push(lines[at++]);
      at += 1;
      push(start, () => h('pre', { class: 'code', tabIndex: 0 }, h('code', {}, visible(code.join('\n')))));
      continue;
    }
    const titled = heading.exec(line);
    if (titled) {
      at += 1;
      push(start, () => h(`h${Math.min(6, titled[1].length + 2)}`, {}, inline(titleOf(titled[2]))));
      continue;
    }
    if (rule.test(line)) {
      at += 1;
      push(start, () => h('hr'));
      continue;
    }
    if (/^ {0,3}>/.test(line) && depth < deepest) {
      const inner = [];
      while (at < lines.length && /^ {0,3}>/.test(lines[at])) inner.push(lines[at++].replace(/^ {0,3}> ?/, ''));
      push(start, () => h('blockquote', {}, blocks(inner, depth + 1).map(block => block.build())));
      continue;
    }
    if (bullet.test(line) && depth < deepest) {
      at = list(lines, at, depth, push);
      continue;
    }
    if (line.includes('|') && isTableRule(lines[at + 1] ?? '')) {
      const rows = [];
      while (at < lines.length && lines[at].includes('|')) rows.push(lines[at++]);
      push(start, () => table(rows));
      continue;
    }
    const text = [];
    while (at < lines.length && !/^\s*$/.test(lines[at]) && (at === start || !(fence.test(lines[at]) || heading.test(lines[at]) || bullet.test(lines[at]) || /^ {0,3}>/.test(lines[at])))) {
      text.push(lines[at++].trim());
    }
    push(start, () => h('p', {}, inline(text.join('\n'))));
  }
  return found;
}

function list(lines, from, depth, push) {
  const first = bullet.exec(lines[from]);
  const indent = first[1].length;
  const isNumbered = /\d/.test(first[2]);
  const items = [];
  let at = from;
  while (at < lines.length) {
    const match = bullet.exec(lines[at]);
    const space = /^\s*/.exec(lines[at])[0].length;
    if (match && match[1].length <= indent + 1) {
      if (/\d/.test(match[2]) !== isNumbered || match[1].length < indent) break;
      items.push([lines[at].slice(match[0].length)]);
    } else if (/^\s*$/.test(lines[at])) {
      const next = lines[at + 1];
      if (next === undefined || !(bullet.test(next) || /^\s{2,}\S/.test(next))) break;
      items.at(-1).push('');
    } else if (space > indent) {
      items.at(-1).push(lines[at].slice(Math.min(space, indent + first[0].length - first[1].length)));
    } else if (/^\s*$/.test(lines[at - 1]) || fence.test(lines[at]) || heading.test(lines[at])) {
      break;
    } else {
      items.at(-1).push(lines[at].trim());
    }
    at += 1;
  }
  push(from, () => h(isNumbered ? 'ol' : 'ul', isNumbered ? { start: parseInt(first[2], 10) } : {}, items.map(item => {
    const inner = blocks(item, depth + 1);
    const built = inner.map(block => block.build());
    // A tight item has no paragraph of its own.
    return h('li', {}, built[0]?.tagName === 'P' ? [[...built[0].childNodes], built.slice(1)] : built);
  })));
  return at;
}

function table(lines) {
  const sides = cellsOf(lines[1]).map(cell => /^:-+:$/.test(cell) ? 'middle' : /-:$/.test(cell) ? 'number' : null);
  const row = (line, tag) => h('tr', {}, cellsOf(line).slice(0, 100).map((cell, at) => h(tag, { class: sides[at], scope: tag === 'th' ? 'col' : null }, inline(cell))));
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'group' }, h('table', { class: 'plain' }, h('thead', {}, row(lines[0], 'th')), h('tbody', {}, lines.slice(2).map(line => row(line, 'td')))));
}

/// A text that grows. Blocks that are complete are not built again.
export class MarkdownView {
  constructor(element) {
    this.element = element;
    this.text = '';
    this.stable = 0;
    this.open = [];
  }

  append(piece) {
    this.text += piece;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => this.draw());
    // Frames pause in a tab that is not seen.
    setTimeout(() => this.draw(), 250);
  }

  draw() {
    if (!this.waiting) return;
    this.waiting = false;
    const tail = this.text.slice(this.stable).replace(/\r\n?/g, '\n');
    const lines = tail.split('\n');
    const found = blocks(lines);
    const built = found.map(block => block.build());
    for (const node of this.open) node.remove();
    this.element.append(...built);
    this.open = built.slice(-1);
    if (found.length > 1 && !this.text.includes('\r')) {
      const last = found.at(-1).start;
      this.stable += lines.slice(0, last).reduce((sum, line) => sum + line.length + 1, 0);
    } else {
      this.open = built;
    }
  }
}

/// A whole text.
export function markdown(text) {
  const element = h('div', { class: 'markdown' });
  element.append(...blocks(text.replace(/\r\n?/g, '\n').split('\n')).map(block => block.build()));
  return element;
}
