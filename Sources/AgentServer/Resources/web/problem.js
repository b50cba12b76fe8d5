// A problem of the API as these views show it.
import { h, visible } from './dom.js';
import { t as texts } from './strings.js';

/** In the words of the server, as text. */
export function problemView(error) {
  const { line, column, hint, serverDetail, sqlState, allowedBy } = error.members ?? {};
  // The first line says what is wrong; what follows may point at a place below the statement, which needs letters of one width.
  const [first, ...more] = (error.detail || error.message || String(error)).split('\n');
  const end = more.findIndex(text => text.trim() === '^') + 1;
  return h('div', { class: 'problem', role: 'alert' },
    h('p', {}, h('strong', {}, visible(first))),
    end ? h('pre', { class: 'problem-place', tabIndex: 0, 'aria-label': texts.sql.place }, visible(more.slice(0, end).join('\n'))) : null,
    more.length > end ? h('p', {}, visible(more.slice(end).join('\n'))) : null,
    serverDetail ? h('p', {}, `${texts.sql.serverDetail}: ${visible(serverDetail)}`) : null,
    hint ? h('p', {}, `${texts.sql.hint}: ${visible(hint)}`) : null,
    allowedBy ? h('p', {}, visible(texts.sql.allowedBy(allowedBy))) : null,
    h('p', { class: 'muted' }, [error.code, sqlState, line ? texts.sql.at(line, column) : null].filter(Boolean).join(' · ')));
}

/** The name of the chosen database. */
export const databaseName = context => context.database?.name ?? '';
