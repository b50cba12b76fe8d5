// One call of a tool within an answer.
import { copy, h, icon, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

const words = t.chat;

/// One call of a tool, folded until somebody looks at it; rows are shown at once.
export class Call {
  constructor(turn, data) {
    this.turn = turn;
    this.data = data;
    const given = data.arguments ?? {};
    this.sql = data.sql ?? (typeof given.query === 'string' ? given.query : null);
    this.database = data.database ?? given.database ?? turn.database;
    this.badge = h('span', { class: 'badge' }, words.toolRunning);
    const name = Object.hasOwn(words.tool, data.name) ? words.tool[data.name] : visible(data.name);
    const preview = this.sql ?? Object.entries(given).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ');
    this.inner = h('div', { class: 'call-body' },
      this.sql ? h('pre', { class: 'code', tabIndex: 0 }, visible(this.sql)) : h('pre', { class: 'code', tabIndex: 0, 'aria-label': words.arguments }, visible(JSON.stringify(given, null, 2))),
      this.sql ? h('div', { class: 'toolbar' },
        h('button', { type: 'button', class: 'button quiet small', onclick: async () => turn.chat.context.toast(await copy(this.sql) ? t.copied : t.copyFailed) }, icon('copy'), t.copy),
        h('button', { type: 'button', class: 'button quiet small', onclick: () => turn.chat.context.insertSQL(this.sql) }, icon('edit'), words.runInSQL)) : null);
    this.after = h('div', { class: 'call-result' });
    this.element = h('div', { class: 'call' },
      h('details', {}, h('summary', {}, icon('database'), h('span', { class: 'call-name' }, name),
        h('code', { class: 'call-preview' }, visible(preview.replace(/\s+/g, ' ').slice(0, 200))), this.badge), this.inner), this.after);
  }

  waits(approval) {
    this.badge.className = 'badge warn';
    replace(this.badge, words.toolWaiting);
    replace(this.after, h('button', { type: 'button', class: 'button', onclick: () => this.turn.ask(approval) }, icon('warn'), words.review));
  }

  answered(decision) {
    this.decision = decision;
    this.isApproved = decision === 'approve';
    const text = { approve: words.approved, decline: words.declined, expired: words.expired }[decision];
    replace(this.after, text ? h('p', { class: 'small muted' }, text) : null);
    this.badge.className = 'badge';
    replace(this.badge, decision === 'approve' ? words.toolRunning : '');
  }

  async finish({ isError, text, elapsedMs, result, decision = null }) {
    this.isFinished = true;
    // What was kept says it with the result.
    if (decision && !this.decision) this.answered(decision);
    // Neither has run nor failed.
    const notRun = isError && words.toolNotRun[this.decision];
    this.badge.className = notRun ? 'badge warn' : isError ? 'badge bad' : 'badge good';
    replace(this.badge, notRun || (isError ? words.toolFailed : elapsedMs === undefined || elapsedMs === null ? '✓' : t.time(elapsedMs)));
    if (text && (isError || !result)) {
      this.inner.append(h('pre', { class: isError && !notRun ? 'problem' : 'code output', tabIndex: 0, 'aria-label': words.output }, visible(text.length > 20000 ? text.slice(0, 20000) + '…' : text)));
    }
    if (!result || isError || (result.columns ?? []).length === 0) return;
    const { resultTable } = await import('./table.js');
    // Only what reads is run again for its further rows.
    const pages = this.data.name === 'query_database' && this.sql;
    const more = pages && (offset => api.post('/query', { sql: this.sql, database: result.database ?? this.database, offset }));
    this.after.append(resultTable(result, { more: more || null }));
    this.turn.chat.follow();
  }

  /// The turn ended without this call's result. That is no word of what became of the call.
  abandon() {
    if (this.isFinished) return;
    this.badge.className = 'badge bad';
    replace(this.badge, words.toolLost);
    if (this.isApproved) this.after.append(h('p', { class: 'small muted' }, t.approval.unknownOutcome));
  }
}
