// A problem of the API as these views show it.
import { h, visible } from './dom.js';
import { p } from './strings-panels.js';

/** In the words of the server, as text. */
export function problemView(error) {
  const { line, column, hint, serverDetail, sqlState, allowedBy } = error.members ?? {};
  return h('div', { class: 'problem', role: 'alert' },
    h('p', {}, h('strong', {}, visible(error.detail || error.message || String(error)))),
    serverDetail ? h('p', {}, `${p.sql.serverDetail}: ${visible(serverDetail)}`) : null,
    hint ? h('p', {}, `${p.sql.hint}: ${visible(hint)}`) : null,
    allowedBy ? h('p', {}, visible(p.sql.allowedBy(allowedBy))) : null,
    h('p', { class: 'muted' }, [error.code, sqlState, line ? p.sql.at(line, column) : null].filter(Boolean).join(' · ')));
}

/** The name of the chosen database. */
export const databaseName = context => context.database?.name ?? '';
