// The SQL view: an editor that says what a statement would do, its rows, and its plan.
import { api } from './api.js';
import { h, replace, visible } from './dom.js';
import { editor } from './editor.js';
import { explain } from './explain.js';
import { indexOfByte, sqlBlock } from './highlight.js';
import { databaseName, problemView } from './problem.js';
import { t as texts } from './strings.js';
import { resultTable } from './table.js';

const t = texts.sql;
const PAUSE = 250; // ms without a key before the verdict is asked for
const MOST_KEPT = 100;

// What stays while other views are open, and is gone with the tab or when somebody else signs in.
let last = null;
const keptFor = person => last?.person === person ? last : last = { person, text: '', caret: 0, history: [] };

export function mount(root, context) {
  const kept = keptFor(context.me.id);
  const output = h('div', { class: 'sql-output' });
  const status = h('p', { class: 'sql-status', role: 'status' });
  const verdict = h('div', { class: 'verdict', role: 'status' });
  const analyze = h('input', { type: 'checkbox', disabled: true });
  const dryRun = h('input', { type: 'checkbox' });
  const dryRunLabel = h('label', { class: 'check', title: t.dryRunHint, hidden: true }, dryRun, t.dryRun);
  const run = h('button', { type: 'button', class: 'button primary', 'aria-keyshortcuts': 'Control+Enter', title: t.runHint, onclick: () => execute() }, t.run);
  const stop = h('button', { type: 'button', class: 'button', onclick: () => running?.abort(), hidden: true }, t.stop);
  const plan = h('button', { type: 'button', class: 'button', onclick: () => showPlan() }, t.explain);
  const past = h('ol', { class: 'history', reversed: '' });
  const help = h('p', { class: 'visually-hidden', id: 'sql-help' }, t.help);
  const edit = editor({ text: kept.text, database: () => databaseName(context), describedBy: 'sql-help', onInput: typed, onRun: () => execute() });
  let running = null, judging = null, timer = 0;

  const onDatabase = () => judge();
  /** What another view hands over goes where the caret is, apart from the word before it. */
  const onInsert = () => {
    const text = context.takeSQL();
    if (!text) return;
    const before = edit.text.slice(0, edit.area.selectionStart);
    edit.insert((/\S$/.test(before) && !/[.("]$/.test(before) ? (text.includes("\n") ? "\n\n" : " ") : "") + text);
  };
  const onSelection = () => { run.textContent = edit.selection.trim() ? t.runSelection : t.run; };

  replace(root, h('div', { class: 'sql-view' },
    h('h1', { class: 'visually-hidden' }, t.title), help, edit.element, verdict,
    h('div', { class: 'toolbar' }, run, stop, plan,
      h('label', { class: 'check', title: t.analyzeHint }, analyze, t.analyze), dryRunLabel, status),
    output,
    h('details', { class: 'sql-history' }, h('summary', {}, t.history), past)));
  drawHistory();
  judge();
  context.addEventListener('database', onDatabase);
  context.addEventListener('insert', onInsert);
  document.addEventListener('selectionchange', onSelection);
  edit.area.setSelectionRange(kept.caret, kept.caret);
  edit.area.focus({ preventScroll: true });
  onInsert();

  function typed() {
    kept.text = edit.text;
    judging?.abort();
    clearTimeout(timer);
    timer = setTimeout(judge, PAUSE);
  }

  /** What is missing before anything can be done with a text: a database, or the text itself, for which `empty` says it; or null. */
  function missing(sql, empty) { return !context.database ? texts.noDatabases : sql.trim() ? null : empty; }

  /** The statement that a button means, the selection or all; null where there is nothing to do now, which the status says. */
  function chosen() {
    if (running) return null;
    const sql = edit.selection.trim() ? edit.selection : edit.text, nothing = missing(sql, t.empty);
    if (nothing) status.textContent = nothing;
    return nothing ? null : sql;
  }

  /** Asks the server what the text would do. An older question is not waited for. */
  async function judge() {
    judging?.abort();
    const mine = judging = new AbortController();
    const sql = edit.text, database = databaseName(context), nothing = missing(sql, texts.verdict.empty);
    if (nothing) return showVerdict('none', null, nothing);
    try {
      const answer = await api.post('/classify', { sql, database }, { signal: mine.signal });
      if (mine.signal.aborted) return;
      judged(sql, answer, database);
    } catch (error) {
      if (!mine.signal.aborted) showVerdict('unknown', texts.verdict.unknown, error.detail || texts.verdict.unavailable);
    }
  }

  function judged(sql, answer, database) {
    const guard = answer.guard ?? { decision: 'unknown' }, problem = guard.problem;
    const v = texts.verdict;
    if (guard.decision === 'asks') context.sawWrites(database, true);
    // Refused as in a database that is closed for writes: perhaps it is one now.
    else if (guard.decision === 'refused' && !answer.readOnly) context.refresh();
    analyze.disabled = !(answer.readOnly && guard.decision === 'runs');
    if (analyze.disabled) analyze.checked = false;
    // What was chosen is there again with the next write, and means nothing until then.
    dryRunLabel.hidden = guard.decision !== 'asks';
    if (guard.decision === 'runs') return showVerdict('runs', v.runs, v.runsText);
    if (guard.decision === 'asks') return showVerdict('asks', v.asks, v.asksText(guard.kinds ?? []), guard.warnings ?? []);
    if (answer.reason?.code === 'empty') return showVerdict('none', null, v.empty);
    if (guard.decision === 'refused') {
      const place = problem?.offset ?? answer.reason?.offset;
      const text = problem?.why ?? answer.reason?.message ?? problem?.detail ?? '';
      const allowed = problem?.allowedBy ? [t.allowedBy(problem.allowedBy)] : [];
      return showVerdict('refused', v.refused, text, allowed, place === undefined ? null : { index: indexOfByte(sql, place), line: problem?.line ?? answer.reason?.line, column: problem?.column ?? answer.reason?.column });
    }
    showVerdict('unknown', v.unknown, `${problem?.detail ?? v.unknownText} ${answer.readOnly ? v.looksRead : v.looksWrite}`);
  }

  function showVerdict(kind, name, text, notes = [], place = null) {
    verdict.className = `verdict verdict-${kind}`;
    if (visible(edit.text) !== edit.text) notes = [...notes, texts.verdict.hidden];
    edit.markAt(place?.index ?? null);
    replace(verdict, name ? h('strong', {}, name) : null, h('span', {}, visible(text)), ...notes.map(note => h('span', { class: 'verdict-note' }, visible(note))),
      place && place.line ? h('button', { type: 'button', class: 'link', 'aria-label': t.showPlace, onclick: () => edit.show(place.index) }, t.at(place.line, place.column)) : null);
  }

  async function execute() {
    const sql = chosen();
    if (sql === null) return;
    kept.text = edit.text;
    const database = databaseName(context), entry = remember(sql, database), isDry = dryRun.checked && !dryRunLabel.hidden;
    await working(async signal => {
      const body = { sql, database, ...(isDry ? { dry_run: true } : {}) };
      try {
        const result = await api.post('/query', body, { signal });
        entry.outcome = t.done(result.rowCount, milliseconds(result.elapsedMs));
        status.textContent = entry.outcome;
        showRows(result, async offset => api.post('/query', { sql, database, offset }));
      } catch (error) {
        if (error.code !== 'approval-needed') throw error;
        const answer = await context.approve(error.members.approval, database);
        // Whether a write ran is not always known, and then not said.
        entry.outcome = answer?.decision === 'approve' ? (answer.committed ? t.committed : t.rolledBack)
          : answer && answer.decision !== 'decline' ? visible(answer.detail) : t.declined;
        status.textContent = entry.outcome;
        if (answer?.decision === 'approve') showWrite(answer);
      }
    }, error => { entry.outcome = visible(error.detail ?? error.message); });
    drawHistory();
  }

  async function showPlan() {
    const sql = chosen();
    if (sql === null) return;
    await working(async signal => {
      const element = await explain(sql, databaseName(context), { analyze: analyze.checked, signal });
      status.textContent = '';
      replace(output, element);
    });
  }

  /** Runs what may take long: it can be stopped, and its failure is shown. */
  async function working(body, failed = () => {}) {
    running = new AbortController();
    const { signal } = running;
    run.disabled = plan.disabled = true;
    stop.hidden = false;
    status.textContent = t.running;
    root.setAttribute('aria-busy', 'true');
    try {
      await body(signal);
    } catch (error) {
      status.textContent = '';
      if (signal.aborted) { status.textContent = t.stopped; failed({ message: t.stopped }); }
      else { failed(error); replace(output, problemView(error)); }
    } finally {
      running = null;
      if (stop.contains(document.activeElement)) edit.area.focus();
      run.disabled = plan.disabled = false;
      stop.hidden = true;
      root.removeAttribute('aria-busy');
    }
  }

  function showRows(result, more) {
    replace(output, ...notes(result.warnings), ...notes(result.notices), ...resultViews(result, more));
  }

  function showWrite(answer) {
    replace(output, ...notes(answer.notices), ...answer.statements.flatMap(statement => [
      h('p', {}, t.statement(statement.command, statement.rows)), ...(statement.result ? resultViews(statement.result) : [])]));
  }

  function remember(sql, database) {
    const entry = { sql, database, outcome: t.running };
    kept.history.unshift(entry);
    kept.history.length = Math.min(kept.history.length, MOST_KEPT);
    return entry;
  }

  function drawHistory() {
    replace(past, ...(kept.history.length ? kept.history : [null]).map(entry => entry === null
      ? h('li', { class: 'muted' }, t.historyNone)
      : h('li', {}, h('button', { type: 'button', class: 'history-entry', onclick: () => { edit.text = entry.sql; context.toast(t.reloaded); } },
        sqlBlock(visible(entry.sql.length > 400 ? entry.sql.slice(0, 400) + '…' : entry.sql)),
        h('span', { class: 'muted' }, `${visible(entry.database)} · ${entry.outcome}`)))));
  }

  return {
    unmount() {
      kept.text = edit.text;
      kept.caret = edit.area.selectionStart;
      running?.abort();
      judging?.abort();
      clearTimeout(timer);
      edit.end();
      context.removeEventListener('database', onDatabase);
      context.removeEventListener('insert', onInsert);
      document.removeEventListener('selectionchange', onSelection);
    },
  };
}

const milliseconds = value => texts.number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

const notes = texts => (texts ?? []).map(text => h('p', { class: 'note' }, visible(text)));

const resultViews = (result, more) => [resultTable(result, more ? { more } : undefined)];
