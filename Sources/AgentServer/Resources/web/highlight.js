// The tokens of SQL, by the rules that the server's classifier has from PostgreSQL's scanner (scan.l): nested comments,
// dollar quotes, E'' and U&'' strings, continuations, operators that stop before a comment. Offsets are those of JavaScript.
import { h } from './dom.js';

const KEYWORDS = new Set(('all alter analyze and any array as asc begin between both by call case cast check collate column '
  + 'commit constraint copy create cross current_date current_time current_timestamp default delete desc distinct do drop else end '
  + 'except exists explain false fetch filter first following for foreign from full function grant group grouping having if '
  + 'ilike in index inner insert intersect interval into is isnull join key lateral leading left like limit materialized merge '
  + 'natural not notnull null nulls offset on only or order outer over partition preceding primary range recursive references '
  + 'refresh returning revoke right rollback row rows select set show similar some table tablesample then to trailing truncate '
  + 'true unbounded union unique update using values view when where window with within').split(' '));

/** The keywords that are worth proposing. */
export const keywords = [...KEYWORDS];

/** Longer texts stay plain: nobody edits a dump here, and typing has to stay fluent. */
export const LONGEST = 100_000;

const isSpace = c => c === 32 || (c >= 9 && c <= 13);
const isNewline = c => c === 10 || c === 13;
const isDigit = c => c >= 48 && c <= 57;
const isHex = c => isDigit(c) || ((c | 32) >= 97 && (c | 32) <= 102);
const isStart = c => ((c | 32) >= 97 && (c | 32) <= 122) || c === 95 || c >= 128;
const isPart = c => isStart(c) || isDigit(c) || c === 36;
const OPERATORS = '~!@#^&|`?+-*/%<>=';
const FREE = '~!@#^&|`?%'; // with one of these an operator may end in + or -

/**
 * Reads a text.
 *
 * @param {string} sql
 * @returns {{kind: string, start: number, end: number, open?: boolean}[]} Without white space; kinds are comment, string,
 *   number, parameter, word, keyword, quoted, operator, sign, bad. `open` marks what does not end.
 */
export function tokens(sql) {
  const found = [], count = sql.length;
  let at = 0, signRunEnd = 0;
  const code = index => index < count ? sql.charCodeAt(index) : 0;
  const add = (kind, start, open) => found.push(open ? { kind, start, end: at, open } : { kind, start, end: at });

  const lineComment = () => { while (at < count && !isNewline(code(at))) at++; };
  const blockComment = () => {
    let depth = 1;
    at += 2;
    while (at < count) {
      if (code(at) === 42 && code(at + 1) === 47) { at += 2; if (--depth === 0) return false; }
      else if (code(at) === 47 && code(at + 1) === 42) { at += 2; depth++; }
      else at++;
    }
    return true;
  };
  // A literal goes on behind white space with a line break in it, in which line comments may stand.
  const continues = () => {
    const end = at;
    let newline = false;
    while (at < count) {
      if (isSpace(code(at))) { newline ||= isNewline(code(at)); at++; }
      else if (code(at) === 45 && code(at + 1) === 45) lineComment();
      else break;
    }
    if (newline && code(at) === 39) { at++; return true; }
    at = end;
    return false;
  };
  const string = (start, contents, { doubling = true, escapes = false } = {}) => {
    at = contents;
    while (at < count) {
      const c = code(at);
      if (escapes && c === 92) at += 2;
      else if (c !== 39) at++;
      else if (doubling && code(at + 1) === 39) at += 2;
      else { at++; if (!continues()) return add('string', start); }
    }
    at = count;
    add('string', start, true);
  };
  const quoted = (start, contents) => {
    at = contents;
    while (at < count) {
      if (code(at) !== 34) at++;
      else if (code(at + 1) === 34) at += 2;
      else { at++; return add('quoted', start); }
    }
    add('quoted', start, true);
  };
  const digits = (index, is, underscore) => {
    let end = index;
    while (end < count) {
      if (is(code(end))) end++;
      else if (code(end) === 95 && (underscore || end > index) && is(code(end + 1))) end += 2;
      else break;
    }
    return end;
  };
  const plainDigits = index => { while (isDigit(code(index))) index++; return index; };
  const exponent = (start, modern) => {
    if ((code(start) | 32) !== 101) return start;
    let from = start + 1;
    if (code(from) === 43 || code(from) === 45) from++;
    if (!isDigit(code(from))) return start;
    return modern ? digits(from, isDigit, false) : plainDigits(from);
  };
  const classicNumber = start => {
    let end = plainDigits(start);
    if (code(end) === 46 && code(end + 1) !== 46) end = plainDigits(end + 1);
    return exponent(end, false);
  };
  const modernNumber = start => {
    if (code(start) === 48) {
      const is = { 120: isHex, 111: c => c >= 48 && c < 56, 98: c => c === 48 || c === 49 }[code(start + 1) | 32];
      if (is) { const end = digits(start + 2, is, true); return end > start + 2 ? end : start + 1; }
    }
    let end = isDigit(code(start)) ? digits(start, isDigit, false) : start;
    if (code(end) === 46 && code(end + 1) !== 46) end = digits(end + 1, isDigit, false);
    return exponent(end, true);
  };
  const number = start => {
    const classic = classicNumber(start), modern = modernNumber(start);
    at = modern > classic && !isPart(code(modern)) ? modern : classic;
    add('number', start);
  };
  const dollar = start => {
    if (isDigit(code(start + 1))) { at = plainDigits(start + 1); return add('parameter', start); }
    let end = start + 1;
    if (isStart(code(end))) while (end < count && (isStart(code(end)) || isDigit(code(end)))) end++;
    if (code(end) !== 36) { at = start + 1; return add('bad', start); }
    const tag = sql.slice(start, end + 1), close = sql.indexOf(tag, end + 1);
    at = close < 0 ? count : close + tag.length;
    add('string', start, close < 0);
  };
  const operator = start => {
    if (start < signRunEnd) { at = start + 1; return add('operator', start); }
    let end = start;
    while (end < count && OPERATORS.includes(sql[end])) {
      if (end > start && ((sql[end] === '-' && sql[end + 1] === '-') || (sql[end] === '/' && sql[end + 1] === '*'))) break;
      end++;
    }
    const isSign = index => sql[index] === '+' || sql[index] === '-';
    if (end - start > 1 && isSign(end - 1)) {
      let free = false;
      for (let index = start; index < end - 1 && !free; index++) free = FREE.includes(sql[index]);
      if (!free) {
        signRunEnd = end;
        do end--; while (end - start > 1 && isSign(end - 1));
      }
    }
    at = end;
    add('operator', start);
  };
  const word = (start, c) => {
    const lower = c | 32, next = code(start + 1);
    if (next === 39) {
      if (lower === 101) return string(start, start + 2, { escapes: true });
      if (lower === 98 || lower === 120) return string(start, start + 2, { doubling: false });
      if (lower === 110) { at = start + 1; return add('keyword', start); }
    }
    if (lower === 117 && next === 38) {
      if (code(start + 2) === 39) return string(start, start + 3);
      if (code(start + 2) === 34) return quoted(start, start + 3);
    }
    at = start + 1;
    while (at < count && isPart(code(at))) at++;
    add(at - start < 20 && KEYWORDS.has(sql.slice(start, at).toLowerCase()) ? 'keyword' : 'word', start);
  };

  while (at < count) {
    const start = at, c = code(at);
    if (isSpace(c)) at++;
    else if (c === 45 && code(at + 1) === 45) { lineComment(); add('comment', start); }
    else if (c === 47 && code(at + 1) === 42) { const open = blockComment(); add('comment', start, open); }
    else if (isStart(c)) word(start, c);
    else if (isDigit(c) || (c === 46 && isDigit(code(at + 1)))) number(start);
    else if (c === 39) string(start, start + 1);
    else if (c === 34) quoted(start, start + 1);
    else if (c === 36) dollar(start);
    else if ('()[],;'.includes(sql[at])) { at++; add('sign', start); }
    else if (c === 46) { at += code(at + 1) === 46 ? 2 : 1; add('sign', start); }
    else if (c === 58) { at += code(at + 1) === 58 || code(at + 1) === 61 ? 2 : 1; add('sign', start); }
    else if (OPERATORS.includes(sql[at])) operator(start);
    else { at++; add('bad', start); }
  }
  return found;
}

/**
 * A text as nodes: a `span` with a class for what has a colour, text for the rest.
 *
 * @param {string} sql
 * @param {{start: number, end: number} | null} [mark] A place to underline.
 */
export function highlighted(sql, mark = null) {
  const nodes = [];
  let at = 0;
  // Each piece may be cut in two by the edges of the mark.
  const piece = (from, to, kind) => {
    if (from >= to) return;
    if (mark && mark.start < to && mark.end > from && (mark.start > from || mark.end < to)) {
      const cuts = [from, Math.max(from, mark.start), Math.min(to, mark.end), to];
      for (let i = 0; i < 3; i++) piece(cuts[i], cuts[i + 1], kind);
      return;
    }
    const text = sql.slice(from, to), marked = mark && mark.start < to && mark.end > from;
    if (!kind && !marked) nodes.push(text);
    else nodes.push(h('span', { class: [kind && 'tok-' + kind, marked && 'tok-marked'].filter(Boolean).join(' ') }, text));
  };
  if (sql.length <= LONGEST) {
    for (const token of tokens(sql)) {
      piece(at, token.start, null);
      piece(token.start, token.end, token.kind === 'word' || token.kind === 'sign' ? null : token.kind);
      at = token.end;
    }
  }
  piece(at, sql.length, null);
  return nodes;
}

/** SQL that is only shown. */
export function sqlBlock(sql, attributes = {}) {
  return h('pre', { ...attributes, class: 'sql-block ' + (attributes.class ?? '') }, h('code', {}, ...highlighted(sql)));
}

/** The index in a JavaScript string of a place that is counted in bytes of UTF-8. */
export function indexOfByte(text, bytes) {
  let index = 0;
  for (const character of text) {
    if (bytes <= 0) break;
    const point = character.codePointAt(0);
    bytes -= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += character.length;
  }
  return index;
}
