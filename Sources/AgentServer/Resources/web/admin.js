// Administration: who may come in, the checkup, the audit log, the metrics at a glance. Everything is decided by the server.
import { api } from './api.js';
import { copy, h, iconButton, replace, visible } from './dom.js';
import { sqlBlock } from './highlight.js';
import { problemView } from './problem.js';
import { t as texts } from './strings.js';
import { metricsPanel } from './metrics.js';

const t = texts.admin;
let number = 0;

export function mount(root, context) {
  if (!context.may('admin')) {
    replace(root, h('div', { class: 'center' }, h('p', {}, t.refused)));
    return { unmount() {} };
  }
  const panels = { tokens: tokensPanel, users: usersPanel, sessions: sessionsPanel, doctor: doctorPanel, audit: auditPanel, metrics: metricsPanel };
  const names = Object.keys(panels);
  const place = h('div', { role: 'tabpanel', class: 'admin-panel', tabIndex: 0 });
  const tabs = Object.fromEntries(names.map(name => [name, h('button', {
    type: 'button', role: 'tab', id: `admin-${name}`, 'aria-selected': 'false', 'aria-controls': 'admin-panel', tabIndex: -1, onclick: () => open(name),
  }, t[name])]));
  place.id = 'admin-panel';
  const list = h('div', { role: 'tablist', class: 'tabs', 'aria-label': t.title, onkeydown: event => {
    const shown = names.filter(name => !tabs[name].hidden), at = shown.indexOf(current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    open(shown[(to + shown.length) % shown.length]);
    tabs[current].focus();
  } }, Object.values(tabs));
  let current = null, turn = 0;

  /// Opens a panel; an older one that still loads is not shown any more.
  async function open(name) {
    current = name;
    const mine = ++turn;
    for (const [key, tab] of Object.entries(tabs)) {
      tab.setAttribute('aria-selected', String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
    }
    tabs[name].scrollIntoView({ block: 'nearest', inline: 'nearest' });
    place.setAttribute('aria-labelledby', `admin-${name}`);
    replace(place, h('p', { class: 'muted', role: 'status' }, texts.loading));
    const reload = () => { if (mine === turn) open(name); };
    try {
      const content = await panels[name](context, reload);
      if (mine !== turn) return;
      // What this server does not have is not offered.
      if (content === null) { tabs[name].hidden = true; open('tokens'); } else replace(place, content);
    } catch (error) {
      if (mine === turn) replace(place, h('div', { class: 'stack' }, problemView(error), h('div', { class: 'toolbar' }, h('button', { type: 'button', class: 'button', onclick: reload }, texts.retry))));
    }
  }

  replace(root, h('div', { class: 'page-width admin-view' }, h('h1', {}, t.title), list, place));
  open('tokens');
  metricsPanel.exists().then(exists => { tabs.metrics.hidden = !exists; });
  return { unmount() { turn++; } };
}

/// A table that scrolls by itself where it is wider than the page.
export function dataTable(label, heads, rows, empty) {
  if (rows.length === 0) return h('p', { class: 'muted empty' }, empty);
  return h('div', { class: 'grid-scroll', tabIndex: 0, role: 'region', 'aria-label': label }, h('table', { class: 'grid' },
    h('caption', { class: 'visually-hidden' }, label),
    h('thead', {}, h('tr', {}, heads.map(head => h('th', { scope: 'col' }, head)))),
    h('tbody', {}, rows.map(cells => h('tr', {}, cells.map((cell, at) => at === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell)))))));
}

const text = value => visible(value ?? '');
const moment = value => {
  if (value === null || value === undefined) return h('span', { class: 'muted' }, '–');
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? text(value) : h('time', { datetime: value, title: value }, texts.moment(date));
};
const scopesText = scopes => scopes.map(scope => h('span', { class: scope === 'admin' || scope === 'approve' ? 'badge warn' : 'badge' }, scope));
const databasesText = list => list === null ? h('span', { class: 'muted' }, t.allDatabases) : text(list.join(', ') || texts.none);
const button = (label, onclick, attributes = {}) => h('button', { type: 'button', class: 'button small', onclick, ...attributes }, label);
const segment = value => encodeURIComponent(value);

/// Asks before something is taken away. Whoever presses Enter at once has cancelled.
function sure(title, lead, label) {
  return new Promise(resolve => {
    const id = `sure-${++number}`;
    const dialog = h('dialog', { class: 'narrow', 'aria-labelledby': id, 'aria-describedby': `${id}-text` },
      h('div', { class: 'dialog-head' }, h('h2', { id }, title)),
      h('div', { class: 'dialog-body' }, h('p', { id: `${id}-text`, class: 'breaks' }, visible(lead))),
      h('div', { class: 'dialog-foot' }, h('span', { class: 'spacer' }), h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => dialog.close() }, texts.cancel),
        h('button', { type: 'button', class: 'button danger', onclick: () => dialog.close('sure') }, label)));
    dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'sure'); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/// Does something about an account and reads the list anew; what fails stands above it, and so does a secret. Whoever has gone
/// elsewhere is told there. Resolves with whether it was done.
function doing(context, reload, messages) {
  const clear = () => messages.querySelector('.problem')?.remove();
  const fail = error => {
    clear();
    if (messages.isConnected) messages.append(problemView(error));
    else if (!context.isEnded) context.toast(error.message);
  };
  return async (body, question = null) => {
    if (question && !await sure(...question)) return false;
    try {
      const answer = await body();
      clear();
      // A secret of one person is not for whoever came after.
      if (context.isEnded) return true;
      if (answer?.token) keep(answer.token, messages);
      else context.toast(t.done);
    } catch (error) {
      fail(error);
      return false;
    }
    reload().catch(fail);
    return true;
  };
}

/// Shows a secret among the messages of its panel, beside others that are not put away yet; in a dialog where the panel is gone.
function keep(token, messages) {
  const inPanel = messages.isConnected;
  const one = secret(token, () => (inPanel ? one : dialog).remove());
  const dialog = inPanel ? null : h('dialog', {
    'aria-label': t.tokenLabel, oncancel: event => event.preventDefault(), onclose: () => { if (dialog.isConnected) dialog.showModal(); },
  }, one);
  if (inPanel) messages.append(one); else document.body.append(dialog);
  dialog?.showModal();
  one.querySelector('input').focus();
}

/// A place that is filled anew, of which the newest answer stands.
function refilled(load) {
  const place = h('div');
  let turn = 0;
  const fill = async () => {
    const mine = ++turn, content = await load();
    if (mine === turn) replace(place, content);
  };
  return { place, fill };
}

/// A token, this once. It is in the page alone, and gone from there with the button.
function secret(token, done) {
  const field = h('input', { type: 'text', readOnly: true, value: token, class: 'mono', 'aria-label': t.tokenLabel, onfocus: () => field.select() });
  const said = h('span', { role: 'status', class: 'muted' });
  return h('div', { class: 'secret' }, h('p', {}, t.tokenShown), h('div', { class: 'secret-row' }, field,
    button(texts.copy, async () => { said.textContent = await copy(token) ? texts.copied : texts.copyFailed; field.focus(); }, { class: 'button primary' })),
  h('div', { class: 'toolbar' }, button(t.hide, () => { field.value = ''; done(); }), said));
}

const field = (label, input, hint = null) => {
  input.id ||= `field-${++number}`;
  if (hint) input.setAttribute('aria-describedby', `${input.id}-hint`);
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, hint ? h('span', { class: 'hint', id: `${input.id}-hint` }, hint) : null);
};
const checks = (label, names, chosen) => {
  const boxes = names.map(name => h('input', { type: 'checkbox', value: name, checked: chosen.includes(name) }));
  return { element: h('fieldset', { class: 'checks' }, h('legend', {}, label), boxes.map(box => h('label', { class: 'check' }, box, visible(box.value)))), values: () => boxes.filter(box => box.checked).map(box => box.value) };
};
const SCOPES = ['read', 'write', 'approve', 'admin'];

/// The fields that tokens and users share: scopes, and the databases, where none chosen means all.
/// `admin` is for the whole server: it is not offered together with databases.
function rights(context) {
  const scopes = checks(t.scopes, SCOPES, ['read']), databases = checks(`${t.databases} (${t.noneIsAll})`, context.databases.map(one => one.name), []);
  const admin = scopes.element.querySelector('[value="admin"]'), hint = h('p', { class: 'hint', role: 'status' });
  const element = h('div', { class: 'rights', onchange: () => {
    const isBound = databases.values().length > 0;
    admin.disabled = isBound;
    databases.element.disabled = admin.checked;
    replace(hint, isBound ? t.boundNoAdmin : admin.checked ? t.adminNotBound : '');
  } }, scopes.element, context.databases.length > 0 ? databases.element : null, hint);
  return { elements: element, body: () => ({ scopes: scopes.values(), ...(databases.values().length > 0 ? { databases: databases.values() } : {}) }) };
}

/// A form that is folded; `anew` puts an empty one in its place once `onsubmit` has done what was asked for.
function form(title, submit, fields, anew, onsubmit) {
  const details = h('details', { class: 'card admin-form' }, h('summary', {}, title), h('form', { onsubmit: async event => {
    event.preventDefault();
    const go = event.submitter;
    if (go) go.disabled = true;
    try { if (await onsubmit()) anew(); } finally { if (go) go.disabled = false; }
  } }, fields, h('div', { class: 'toolbar' }, h('button', { class: 'button primary' }, submit))));
  return details;
}

async function tokensPanel(context) {
  const list = refilled(async () => table((await api.get('/admin/tokens')).tokens));
  const problems = h('div', { class: 'admin-messages' }), act = doing(context, list.fill, problems);
  const create = refilled(() => {
    const note = h('input', { type: 'text', maxLength: 200, autocomplete: 'off' }), owner = h('input', { type: 'text', maxLength: 64, autocomplete: 'off' });
    const expires = h('select', {}, Object.entries(t.expiry).map(([value, label]) => h('option', { value, selected: value === '90d' }, label)));
    const right = rights(context);
    return form(t.newToken, t.create, [field(t.note, note), field(t.owner, owner), field(t.expires, expires), right.elements], create.fill,
      () => act(() => api.post('/admin/tokens', { note: note.value, expires: expires.value, ...(owner.value ? { owner: owner.value } : {}), ...right.body() })));
  });
  const table = tokens => dataTable(t.tokens, [t.id, t.state, t.owner, t.scopes, t.databases, t.created, t.expires, t.lastUsed, t.actions],
    [...tokens].sort((a, b) => rank(a) - rank(b) || (a.created < b.created ? 1 : -1)).map(row), t.noTokens);
  const row = one => {
    const name = one.note ? `“${one.note}” (${one.id})` : one.id, live = one.state === 'active';
    return [h('span', {}, h('span', { class: 'mono' }, text(one.id)), one.note ? h('span', { class: 'breaks block' }, text(one.note)) : null),
      h('span', {}, badge(one.state, live ? 'good' : 'bad'), one.previousUntil ? h('span', { class: 'muted small block' }, t.previousUntil(texts.moment(new Date(one.previousUntil)))) : null),
      text(one.owner), scopesText(one.scopes), databasesText(one.databases), moment(one.created), one.expires === null ? texts.never : moment(one.expires), moment(one.lastUsed),
      live ? h('span', { class: 'actions' }, button(t.rotate, () => act(() => api.post(`/admin/tokens/${segment(one.id)}/rotate`, {}), [t.sureRotate, t.sureRotateText(name), t.rotate]), { 'aria-label': `${t.rotate}: ${visible(name)}` }),
        button(t.revoke, () => act(() => api.post(`/admin/tokens/${segment(one.id)}/revoke`, {}), [t.sureRevoke, t.sureRevokeText(name), t.revoke]), { 'aria-label': `${t.revoke}: ${visible(name)}` })) : ''];
  };
  await Promise.all([create.fill(), list.fill()]);
  return h('div', { class: 'stack' }, problems, create.place, list.place);
}
const rank = token => token.state === 'active' ? 0 : 1;
const badge = (label, kind) => h('span', { class: `badge ${kind}` }, visible(label));

async function usersPanel(context) {
  const list = refilled(async () => table((await api.get('/admin/users')).users));
  const problems = h('div', { class: 'admin-messages' }), act = doing(context, list.fill, problems);
  const create = refilled(() => {
    const name = h('input', { type: 'text', maxLength: 64, autocomplete: 'off', required: true }), note = h('input', { type: 'text', maxLength: 200, autocomplete: 'off' });
    const password = h('input', { type: 'password', autocomplete: 'new-password', required: true });
    const right = rights(context);
    return form(t.newUser, t.add, [field(t.name, name), field(t.password, password, t.passwordHint), field(t.note, note), right.elements], create.fill,
      () => act(async () => { await api.post('/admin/users', { name: name.value, password: password.value, note: note.value, ...right.body() }); password.value = ''; }));
  });
  const table = users => dataTable(t.users, [t.name, t.state, t.scopes, t.databases, t.created, t.passwordChanged, t.sessions, t.actions], users.map(row), t.noUsers);
  const row = one => {
    const path = `/admin/users/${segment(one.name)}`, named = label => ({ 'aria-label': `${label}: ${visible(one.name)}` });
    return [h('span', {}, text(one.name), one.note ? h('span', { class: 'muted small breaks block' }, text(one.note)) : null),
      h('span', {}, one.enabled ? badge(t.enabled, 'good') : badge(t.disabled, 'bad'), one.lockedUntil ? badge(t.locked(texts.timeOfDay(new Date(one.lockedUntil))), 'warn') : null),
      scopesText(one.scopes), databasesText(one.databases), moment(one.created), moment(one.passwordChanged), String(one.sessions),
      h('span', { class: 'actions' },
        one.lockedUntil ? button(t.unlock, () => act(() => api.post(`${path}/unlock`, {})), named(t.unlock)) : null,
        one.sessions > 0 ? button(t.endAll, () => act(() => api.delete(`/admin/sessions?user=${segment(one.name)}`), [t.sureEndAll, t.sureEndAllText(one.name), t.endAll]), named(t.endAll)) : null,
        one.enabled ? button(t.disable, () => act(() => api.post(`${path}/disable`, {}), [t.sureDisable, t.sureDisableText(one.name), t.disable]), named(t.disable)) : button(t.enable, () => act(() => api.post(`${path}/enable`, {})), named(t.enable)),
        button(t.remove, () => act(() => api.delete(path), [t.sureRemove, t.sureRemoveText(one.name), t.remove]), named(t.remove)))];
  };
  await Promise.all([create.fill(), list.fill()]);
  return h('div', { class: 'stack' }, problems, create.place, list.place);
}

async function sessionsPanel(context) {
  const list = refilled(async () => table((await api.get('/admin/sessions')).sessions));
  const problems = h('div', { class: 'admin-messages' }), act = doing(context, list.fill, problems);
  const table = sessions => dataTable(t.sessions, [t.user, t.signedIn, t.lastSeen, t.address, t.client, t.actions], sessions.map(row), t.noSessions);
  const row = one => [text(one.user), moment(one.created), moment(one.lastSeen), h('span', { class: 'mono' }, text(one.address)), h('span', { class: 'breaks' }, text(one.client)),
    button(t.end, () => act(() => api.delete(`/admin/sessions/${segment(one.id)}`), [t.sureEnd, t.sureEndText(one.user), t.end]), { 'aria-label': `${t.end}: ${visible(one.user)}` })];
  await list.fill();
  return h('div', { class: 'stack' }, problems, list.place);
}

async function doctorPanel(context, reload) {
  const report = await api.get('/admin/doctor');
  const kinds = { pass: 'good', warn: 'warn', fail: 'bad' }, order = ['fail', 'warn', 'skip', 'person', 'pass'];
  const findings = [...report.findings].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  const draw = one => h('li', { class: 'card finding' }, h('div', { class: 'finding-head' }, badge(t.status[one.status] ?? one.status, kinds[one.status] ?? ''), h('strong', {}, text(one.title))),
    h('p', { class: 'breaks' }, text(one.detail)), one.remedy ? h('p', { class: 'breaks' }, h('strong', {}, `${t.remedy}: `), text(one.remedy)) : null);
  const folded = (label, list) => list.length > 0 ? h('details', {}, h('summary', {}, `${label} (${list.length})`), h('ul', { class: 'findings' }, list.map(draw))) : null;
  const of = status => findings.filter(one => one.status === status);
  return h('div', { class: 'stack' }, h('div', { class: 'toolbar' }, h('p', {}, h('strong', {}, report.ok ? t.fine : t.notFine(report.counts.fail ?? 0))),
    Object.entries(report.counts).filter(([, count]) => count > 0).map(([status, count]) => badge(`${count} ${t.status[status] ?? status}`, kinds[status] ?? '')), h('span', { class: 'spacer' }), button(t.runAgain, reload)),
  h('ul', { class: 'findings' }, findings.filter(one => one.status !== 'pass' && one.status !== 'person').map(draw)), folded(t.showPerson, of('person')), folded(t.showPassed, of('pass')));
}

const OUTCOMES = ['completed', 'refused', 'failed', 'cancelled', 'asked', 'declined', 'dryRun'];

async function auditPanel(context) {
  const wanted = { limit: '100' };
  const inputs = {
    database: h('select', {}, h('option', { value: '' }, t.any), context.databases.map(one => h('option', { value: one.name }, visible(one.name)))),
    outcome: h('select', {}, h('option', { value: '' }, t.any), OUTCOMES.map(name => h('option', { value: name }, t.outcomes[name] ?? name))),
    principal: h('input', { type: 'text', autocomplete: 'off', maxLength: 200 }), text: h('input', { type: 'search', autocomplete: 'off', maxLength: 200 }),
  };
  const list = refilled(find), output = list.place;
  output.setAttribute('aria-live', 'polite');
  async function find() {
    const query = new URLSearchParams(wanted);
    for (const [name, input] of Object.entries(inputs)) if (input.value) query.set(name, input.value);
    replace(output, h('p', { class: 'muted' }, texts.loading));
    try {
      const answer = await api.get(`/admin/audit?${query}`);
      const rows = [...answer.records].reverse().map(one => one.damaged !== undefined ? [badge(t.damaged, 'bad'), h('code', { class: 'breaks' }, text(one.damaged)), '', '', '', ''] : [
        moment(one.time), h('span', {}, text(one.tool ?? one.action ?? one.event), one.subject ? h('span', { class: 'muted small breaks block' }, text(one.subject)) : null), text(one.principalName ?? one.principal), text(one.database),
        h('span', {}, one.verdict ? h('span', { class: 'muted' }, text(one.verdict), ' · ') : null, one.outcome ? badge(one.outcome, one.outcome === 'completed' ? 'good' : one.outcome === 'refused' || one.outcome === 'failed' ? 'bad' : '') : text(one.failure ?? '')), record(one)]);
      return [answer.cut ? h('p', { class: 'note' }, t.cut) : null, dataTable(t.audit, [t.time, t.what, t.principal, t.database, t.outcome, t.details], rows, t.noRecords)];
    } catch (error) {
      return error.code === 'no-audit-log' ? h('p', { class: 'muted empty' }, t.noAudit) : problemView(error);
    }
  }
  const filter = h('form', { class: 'filter', onsubmit: event => { event.preventDefault(); list.fill(); } }, field(t.database, inputs.database), field(t.outcome, inputs.outcome), field(t.principal, inputs.principal), field(t.text, inputs.text),
    h('button', { class: 'button' }, t.filter));
  await list.fill();
  return h('div', { class: 'stack' }, filter, output);
}

/// A line of the audit log, whole.
function record(one) {
  return h('details', {}, h('summary', {}, t.details), one.sql ? sqlBlock(visible(one.sql)) : null, h('dl', { class: 'facts-list' },
    Object.entries(one).filter(([key]) => key !== 'sql').map(([key, value]) => [h('dt', {}, visible(key)), h('dd', { class: 'breaks' }, visible(typeof value === 'string' ? value : JSON.stringify(value)))])));
}
