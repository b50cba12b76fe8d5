// Rows as files and for the clipboard, safe for spreadsheets.
import { textOf } from './values.js';

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
