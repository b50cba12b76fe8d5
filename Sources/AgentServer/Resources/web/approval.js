// The question about a write. Nothing but a press of its own button lets a write run.
import { h, icon, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('postgres-agent-approvals') : null;
let open = null;

tabs?.addEventListener('message', ({ data }) => {
  if (!open) return;
  if (data?.kind === 'answered' && data.id === open.id) open.void(t.approval.elsewhere, 'unknown');
  else if (data?.kind === 'asks') open.void(t.approval.otherTab);
});

/// Says that a question was answered, by whomever: a dialog that still asks it ends.
export function answered(id) {
  if (open?.id === id) open.void(t.approval.elsewhere, 'unknown');
}

/// Whether an error is the server's own word that a write did not run. A proxy's page, a connection that broke and an answer that
/// was cut say nothing of what the server did.
const ranNothing = error => error.status > 0 && error.members?.code !== undefined
  && !['outcome-unknown', 'internal-error', 'client-gone'].includes(error.code);

/// Asks the person. Resolves with the server's answer to the decision; with null when nothing was decided, since the question was
/// withdrawn or expired; and with `{ decision, detail }` where the decision is `refused`, when the server says that nothing ran, or
/// `unknown`, when nobody here can say what became of it. `database` is the name of the one that was chosen when it was asked for.
export function approve(approval, context, database) {
  open?.void(t.approval.another);
  return new Promise(resolve => new Question(approval, context, resolve, database));
}

class Question {
  constructor(approval, context, resolve, database) {
    this.id = approval.id;
    this.approval = approval;
    this.href = approval.href ?? `/approvals/${encodeURIComponent(approval.id)}`;
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
    this.sql = h('pre', { class: 'approval-sql', tabIndex: 0, role: 'region', 'aria-label': words.sql }, visible(approval.sql), this.last = h('span', { class: 'approval-end', 'aria-hidden': 'true' }));
    const warnings = approval.warnings ?? [];
    this.dialog = h('dialog', {
      class: 'stacked approval', 'aria-labelledby': 'approval-title', 'aria-describedby': 'approval-lead',
      oncancel: event => { event.preventDefault(); if (!this.isAnswering) this.decide('decline'); },
      onclose: () => this.closed(),
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
    this.onDatabase = () => this.move();
    context?.addEventListener('database', this.onDatabase);
    // Somebody else is signed in: the question was not theirs.
    this.onEnded = () => { this.finish(); this.end(); };
    context?.addEventListener('ended', this.onEnded);
    this.onVisible = () => this.arm();
    document.addEventListener('visibilitychange', this.onVisible);
    window.addEventListener('focus', this.onVisible);
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.cancel.focus();
    this.watch = new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting)) this.wasRead(); });
    this.watch.observe(this.last);
    this.clock = setInterval(() => this.tick(), 500);
    this.tick();
    this.arm();
    if (database && context?.database?.name !== database) this.move();
  }

  /// The button works once the dialog has been in sight for a moment, so that a click that was meant for something else does not
  /// run it, and once the end of the SQL has been in sight.
  arm() {
    clearTimeout(this.arming);
    this.isArmed = false;
    if (document.activeElement === this.execute) this.cancel.focus();
    this.enable();
    if (document.visibilityState !== 'visible' || this.isDead) return;
    this.arming = setTimeout(() => {
      this.isArmed = true;
      this.enable();
    }, 600);
  }

  enable() {
    this.execute.disabled = !this.isArmed || !this.isRead || this.isDead === true || this.isAnswering === true;
    if (this.isArmed && !this.isDead) replace(this.status, this.isRead ? '' : t.approval.readOn);
  }

  wasRead() {
    this.watch.disconnect();
    this.isRead = true;
    this.enable();
  }

  tick() {
    if (this.isDead || this.isAnswering) return;
    const left = Math.ceil((this.expires - Date.now()) / 1000);
    if (left <= 0) this.void(t.approval.expired);
    else replace(this.time, t.approval.expires(left));
  }

  /// Withdraws the question: it stays in sight to be read, and can only be closed.
  void(text, decision = null) {
    if (this.isDead || this.isAnswering) return;
    this.die();
    if (decision) this.result = { decision, detail: text };
    replace(this.status, visible(text));
    this.status.className = 'problem';
    this.status.tabIndex = 0;
  }

  /// Another database is chosen than the one that was meant. The server hears of it too: nobody will answer this question.
  move() {
    if (this.isDead || this.isAnswering) return;
    this.void(t.approval.moved);
    api.post(this.href, { decision: 'decline' }).catch(() => {});
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
      this.finish();
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
      const answer = await api.post(this.href, { decision });
      // An answer that does not say what was done is none.
      if (answer?.decision !== decision) throw new TypeError(decision);
      this.result = answer;
      tabs?.postMessage({ kind: 'answered', id: this.id });
      this.finish();
    } catch (error) {
      this.isAnswering = false;
      const words = t.approval;
      if (error.code === 'approval-not-found' || error.code === 'approval-used') this.void(words.elsewhere, 'unknown');
      // Cancel means that nothing runs; whether the server heard of it makes no difference to that.
      else if (decision === 'decline') this.finish();
      else if (!ranNothing(error)) this.void(words.unknownOutcome, 'unknown');
      else if (this.approval.transaction === false && (error.code === 'sql-error' || error.code === 'timeout')) this.void(`${words.failedOutside}: ${error.message}`, 'unknown');
      else this.void(`${words.failed}: ${error.message}`, 'refused');
    }
  }

  /// Closes the dialog for good.
  finish() {
    this.isAnswering = false;
    this.isFinished = true;
    if (this.dialog.open) this.dialog.close();
    else this.end();
  }

  /// A browser closes a dialog at the second Esc whatever the page says. A question that is being answered comes back, since its
  /// answer has to be seen; one that is not was cancelled.
  closed() {
    if (this.isFinished || this.isDead) {
      this.end();
      return;
    }
    this.dialog.showModal();
    if (!this.isAnswering) this.decide('decline');
  }

  end() {
    clearInterval(this.clock);
    clearTimeout(this.arming);
    this.watch.disconnect();
    this.context?.removeEventListener('database', this.onDatabase);
    this.context?.removeEventListener('ended', this.onEnded);
    document.removeEventListener('visibilitychange', this.onVisible);
    window.removeEventListener('focus', this.onVisible);
    if (open === this) open = null;
    this.dialog.remove();
    this.resolve(this.result);
  }
}
