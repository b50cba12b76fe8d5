// What values of PostgreSQL are: as texts, and in which order they stand.
import { t } from './strings.js';

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

const collator = new Intl.Collator(t.locale);

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
