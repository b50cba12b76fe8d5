// The question about a write. Nothing but a press of its own button lets a write run.
import { h, icon, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('postgres-agent-approvals') : null;
let open = null;

tabs?.addEventListener('message', ({ data }) => {
  if (!open) return;
  if (data?.kind === 'answered' && data.id === open.id) open.void(t.approval.elsewhere);
  if (data?.kind === 'asks') open.void(t.approval.otherTab);
});

/// Says that a question was answered, by whomever: a dialog that still asks it ends.
export function answered(id) {
  if (open?.id === id && !open.isAnswering) open.void(t.approval.elsewhere);
}

/// Asks the person. Resolves with the server's answer to the decision, or with null when none was made: the question was
/// withdrawn, expired, or the server refused the decision, which the dialog says.
export function approve(approval, context) {
  open?.void(t.approval.otherTab);
  return new Promise(resolve => new Question(approval, context, resolve));
}

class Question {
  constructor(approval, context, resolve) {
    this.id = approval.id;
    this.approval = approval;
    this.context = context;
    this.resolve = resolve;
    this.result = null;
    this.expires = Date.parse(approval.expires);
    const words = t.approval;
    const kinds = [...new Set(approval.kinds ?? [])];
    const rows = approval.estimatedRows;
    this.status = h('p', { class: 'small muted', role: 'status' });
    this.time = h('span', { class: 'small muted expiry' });
    this.cancel = h('button', { type: 'button', class: 'button', onclick: () => this.decide('decline') }, words.cancel);
    this.execute = h('button', {
      type: 'button', class: 'button danger', disabled: true,
      // A person who types must not run a write by the way.
      onkeydown: event => { if (event.key === 'Enter') event.preventDefault(); },
      onclick: event => { if (event.isTrusted) this.decide('approve'); },
    }, words.execute);
    this.sql = h('pre', { class: 'approval-sql', tabIndex: 0, role: 'region', 'aria-label': words.sql }, visible(approval.sql));
    const warnings = approval.warnings ?? [];
    this.dialog = h('dialog', {
      class: 'stacked approval', 'aria-labelledby': 'approval-title', 'aria-describedby': 'approval-lead',
      oncancel: event => { event.preventDefault(); if (!this.isAnswering) this.decide('decline'); },
      onclose: () => this.end(),
    },
      h('div', { class: 'dialog-head' }, h('h2', { id: 'approval-title' }, icon('warn'), ' ', words.title),
        h('p', { class: 'muted', id: 'approval-lead' }, visible(words.lead(approval.database)))),
      h('div', { class: 'dialog-body' },
        // What runs stands first, where it is seen without scrolling.
        this.sql,
        warnings.length === 0 ? null : h('ul', { class: 'approval-warnings', 'aria-label': words.warnings }, warnings.map(text => h('li', {}, visible(text)))),
        h('dl', { class: 'approval-facts' },
          h('div', {}, h('dt', {}, words.kinds), h('dd', {}, kinds.map(kind => h('span', { class: 'badge warn' }, visible(kind))), ' ',
            h('span', { class: 'muted small' }, words.statements(approval.statements ?? 1)))),
          h('div', {}, h('dt', {}, words.rows), h('dd', {}, rows === null || rows === undefined ? words.unknown : words.about(rows)))),
        h('p', { class: 'small muted' }, approval.dryRun ? words.dryRun : approval.transaction === false ? words.noTransaction : (approval.statements ?? 1) > 1 ? words.transaction : ''),
        h('p', { class: 'small muted' }, words.keys)),
      h('div', { class: 'dialog-foot' }, this.cancel, this.execute, this.time, h('span', { class: 'spacer' }), this.status));
    open = this;
    tabs?.postMessage({ kind: 'asks', id: this.id });
    this.onDatabase = () => this.void(words.moved);
    context?.addEventListener('database', this.onDatabase);
    this.onVisible = () => this.arm();
    document.addEventListener('visibilitychange', this.onVisible);
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.cancel.focus();
    this.clock = setInterval(() => this.tick(), 500);
    this.tick();
    this.arm();
  }

  /// The button works once the dialog has been in sight for a moment: a click that was meant for something else does not run it.
  arm() {
    clearTimeout(this.arming);
    this.execute.disabled = true;
    if (document.visibilityState !== 'visible' || this.isDead) return;
    this.arming = setTimeout(() => { this.execute.disabled = this.isDead || this.isAnswering === true; }, 600);
  }

  tick() {
    if (this.isDead || this.isAnswering) return;
    const left = Math.ceil((this.expires - Date.now()) / 1000);
    if (left <= 0) this.void(t.approval.expired);
    else replace(this.time, t.approval.expires(left));
  }

  /// Withdraws the question: it stays in sight to be read, and can only be closed.
  void(text) {
    if (this.isDead || this.isAnswering) return;
    this.die();
    replace(this.status, visible(text));
    this.status.className = 'problem';
  }

  die() {
    this.isDead = true;
    if (open === this) open = null;
    clearInterval(this.clock);
    clearTimeout(this.arming);
    this.execute.disabled = true;
    this.execute.hidden = true;
    this.time.hidden = true;
    replace(this.cancel, t.close);
    this.cancel.disabled = false;
    this.cancel.focus();
  }

  async decide(decision) {
    if (this.isDead) {
      this.dialog.close();
      return;
    }
    if (this.isAnswering) return;
    if (Date.now() >= this.expires) {
      this.tick();
      return;
    }
    this.isAnswering = true;
    this.execute.disabled = true;
    this.cancel.disabled = true;
    if (decision === 'approve') replace(this.execute, t.approval.executing);
    try {
      this.result = await api.post(this.approval.href ?? `/approvals/${encodeURIComponent(this.id)}`, { decision });
      tabs?.postMessage({ kind: 'answered', id: this.id });
      this.dialog.close();
    } catch (error) {
      this.isAnswering = false;
      // Cancel means that nothing runs; whether the server heard of it makes no difference to that.
      if (decision === 'decline') {
        this.dialog.close();
        return;
      }
      const unknown = error.code === 'outcome-unknown' || error.status === 0;
      const gone = error.code === 'approval-not-found' || error.code === 'approval-used';
      this.void(gone ? t.approval.elsewhere : unknown ? t.approval.unknownOutcome : `${t.approval.failed}: ${error.message}`);
    }
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.arming);
    this.context?.removeEventListener('database', this.onDatabase);
    document.removeEventListener('visibilitychange', this.onVisible);
    if (open === this) open = null;
    this.dialog.remove();
    this.resolve(this.result);
  }
}
