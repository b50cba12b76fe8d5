// The shell: who is signed in, which database is meant, and which view is shown.
import { h, icon, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

const views = {
  chat: { title: t.nav.chat, load: () => import('./chat.js') },
  sql: { title: t.nav.sql, load: () => withPanels(import('./sql.js')) },
  schema: { title: t.nav.schema, load: () => withPanels(import('./schema.js')) },
  admin: { title: t.nav.admin, load: () => withPanels(import('./admin.js')), scope: 'admin' },
};

/// A view with the style sheet of the views that are not the first.
let panels = null;
async function withPanels(module) {
  panels ??= new Promise(resolve => {
    const link = h('link', { rel: 'stylesheet', onload: resolve, onerror: resolve });
    link.href = new URL('panels.css', import.meta.url).pathname;
    document.head.append(link);
  });
  await panels;
  return module;
}

/// What a view knows and may do. Fires `database` when another database is chosen, `databases` when the server tells something
/// else of them than before, and `route` when the address changes within a view.
class Context extends EventTarget {
  #database = null;
  #insert = null;
  #read = Date.now();

  constructor(me, databases) {
    super();
    this.me = me;
    this.databases = databases;
    const kept = databases.find(one => one.name === sessionStorage.getItem('database'));
    this.#database = kept ?? databases[0] ?? null;
  }

  /// The chosen database, an object of `GET /databases`, or null.
  get database() { return this.#database; }

  /// Chooses one by its name, or by an object of `databases`.
  set database(chosen) {
    const name = typeof chosen === 'string' ? chosen : chosen?.name;
    const found = this.databases.find(one => one.name === name);
    if (!found || found === this.#database) return;
    this.#database = found;
    sessionStorage.setItem('database', found.name);
    this.dispatchEvent(new Event('database'));
  }

  /// Reads the databases anew: whether one is open for writes is the server's to say, and its configuration may be loaded again
  /// while the page stands open. Not more often than each few seconds, unless something that was just seen speaks against what is known.
  async refresh({ atOnce = false } = {}) {
    if (this.isEnded || !atOnce && Date.now() - this.#read < refreshPause) return;
    this.#read = Date.now();
    const answer = await api.get('/databases').catch(() => null);
    if (!answer || this.isEnded || JSON.stringify(answer.databases) === JSON.stringify(this.databases)) return;
    this.databases = answer.databases;
    const before = this.#database?.name;
    this.#database = this.databases.find(one => one.name === before) ?? this.databases[0] ?? null;
    this.dispatchEvent(new Event('databases'));
    if (this.#database?.name !== before) this.dispatchEvent(new Event('database'));
  }

  /// What an answer says of a database, by the way.
  sawWrites(name, allowed) {
    const known = this.databases.find(one => one.name === name);
    if (known && known.allowWrites !== allowed) this.refresh({ atOnce: true });
  }

  /// After a session ended: whether the same person is there again.
  signedInAgain() {
    return new Promise(resolve => {
      this.addEventListener('signedin', () => resolve(true), { once: true });
      this.addEventListener('ended', () => resolve(false), { once: true });
    });
  }

  may(scope) { return this.me.scopes.includes(scope); }

  go(route) { location.hash = route.startsWith('#') ? route : `#${route}`; }

  /// Asks about a write that was meant for a database. Resolves as `approve` of approval.js does.
  async approve(approval, database) {
    this.sawWrites(approval.database, true);
    const { approve } = await import('./approval.js');
    return this.isEnded ? null : approve(approval, this, database);
  }

  /// Somebody else is signed in: nothing of this one is shown or asked about any more. Fires `ended`.
  end() {
    this.isEnded = true;
    this.dispatchEvent(new Event('ended'));
    for (const dialog of document.querySelectorAll('dialog')) dialog.remove();
  }

  toast(text) { toast(text); }

  /// Puts SQL into the editor, which is opened for it.
  insertSQL(text) {
    this.#insert = text;
    if (route().view === 'sql') this.dispatchEvent(new Event('insert'));
    else this.go('#/sql');
  }

  /// The SQL that waits to be put into the editor, once.
  takeSQL() {
    const text = this.#insert;
    this.#insert = null;
    return text;
  }
}

const refreshPause = 3000, refreshEvery = 30000; // ms
const root = document.getElementById('app');
let shell = null;

function route() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  let id = null;
  try { id = rest.length > 0 ? decodeURIComponent(rest.join('/')) || null : null; } catch { /* not an address of ours */ }
  return { view: Object.hasOwn(views, view) ? view : 'chat', id };
}

function toast(text) {
  let host = document.querySelector('.toasts');
  if (!host) document.body.append(host = h('div', { class: 'toasts', role: 'status' }));
  const one = h('div', { class: 'toast' }, visible(text));
  host.append(one);
  setTimeout(() => one.remove(), Math.min(12000, 3000 + text.length * 60));
}

class Shell {
  constructor(me, databases) {
    this.context = new Context(me, databases);
    this.view = null;
    this.context.addEventListener('database', () => this.showDatabase());
    this.context.addEventListener('databases', () => this.showDatabases());
    this.links = Object.fromEntries(Object.entries(views).filter(([, view]) => !view.scope || this.context.may(view.scope))
      .map(([name, view]) => [name, h('a', { href: `#/${name}` }, view.title)]));
    this.banner = h('div', { class: 'banner', role: 'region', 'aria-label': t.banner.label });
    this.main = h('main', { id: 'content', tabIndex: -1 });
    replace(root, h('div', { class: 'shell' },
      h('header', { class: 'bar' },
        h('button', { class: 'skip', type: 'button', onclick: () => this.main.focus() }, t.skip),
        h('span', { class: 'brand' }, icon('database'), h('span', { class: 'word' }, t.product)),
        h('nav', { 'aria-label': t.nav.label }, h('ul', { class: 'views' }, Object.values(this.links).map(link => h('li', {}, link)))),
        h('span', { class: 'spacer' }), this.place = h('span', { class: 'picker' }), this.account()),
      h('div', {}, this.banner), this.main));
    this.select = h('select', { id: 'database', onchange: () => { this.context.database = this.select.value; } });
    this.showDatabases();
  }

  /// What can be chosen. The element stays, and with it the focus.
  showDatabases() {
    const { databases } = this.context;
    replace(this.select, databases.map(one => h('option', { value: one.name }, visible(one.name) + (one.allowWrites ? ` (${t.writable})` : ''))));
    if (databases.length === 0) replace(this.place, h('span', { class: 'muted small', title: t.noDatabases }, t.noDatabase));
    else if (!this.select.isConnected) replace(this.place, h('label', { for: 'database', class: 'muted' }, t.database), this.select);
    this.showDatabase();
  }

  account() {
    const { me } = this.context;
    const menu = h('details', { class: 'account' },
      h('summary', { 'aria-label': t.account, title: t.account }, h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...visible(me.name)][0] ?? '?')),
      h('div', { class: 'popover' }, h('strong', {}, visible(t.signedInAs(me.name, me.credential))),
        h('span', { class: 'muted small' }, t.scopes(me.scopes)),
        me.credential === 'none' ? null : h('button', { class: 'button', type: 'button', onclick: signOut }, t.signOut)));
    menu.addEventListener('focusout', event => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
    menu.addEventListener('keydown', event => { if (event.key === 'Escape') { menu.open = false; menu.firstChild.focus(); } });
    return menu;
  }

  showDatabase() {
    const { database } = this.context;
    if (database) this.select.value = database.name;
    const isWritable = database?.allowWrites === true;
    this.banner.hidden = !isWritable;
    if (isWritable) {
      replace(this.banner, icon('warn'), h('span', {}, visible(database.mayWrite ? t.banner.mayWrite(database.name) : t.banner.readOnly(database.name))));
    }
  }

  async showRoute() {
    const { view: wanted, id } = route();
    const name = this.links[wanted] ? wanted : 'chat';
    for (const [key, link] of Object.entries(this.links)) {
      if (key === name) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
    }
    document.title = t.title(views[name].title);
    this.context.route = { view: name, id };
    if (this.name === name) {
      this.context.dispatchEvent(new Event('route'));
      return;
    }
    this.unmount();
    this.name = name;
    const place = h('div', { class: `view view-${name}` }, h('p', { class: 'center' }, t.loading));
    replace(this.main, place);
    this.main.scrollTop = 0;
    try {
      const module = await views[name].load();
      if (this.name !== name || !place.isConnected) return;
      replace(place);
      this.view = module.mount(place, this.context);
    } catch (error) {
      console.error(error);
      if (this.name === name) replace(place, h('div', { class: 'center' }, h('p', { class: 'problem' }, t.viewFailed)));
    }
  }

  unmount() {
    this.view?.unmount?.();
    this.view = null;
    this.name = null;
  }
}

/// Shows the page to whoever is signed in, or the sign-in to nobody.
async function begin(me) {
  shell?.unmount();
  shell?.context.end();
  shell = null;
  let databases = [];
  try {
    if (me) ({ databases } = await api.get('/databases'));
  } catch (error) {
    if (error.status === 401) me = null;
    else if (error.status !== 403) return showProblem(error);
  }
  if (!me) {
    const { signInPage } = await import('./signin.js');
    signInPage(root, { onDone: begin });
    return;
  }
  shell = new Shell(me, databases);
  await shell.showRoute();
}

async function signOut() {
  try {
    await api.signOut();
  } catch (error) {
    // Otherwise it has ended anyway.
    if (error.status !== 401 && error.status !== 409) {
      toast(t.signOutFailed);
      return;
    }
  }
  sessionStorage.clear();
  location.hash = '';
  location.reload();
}

let isAsking = false;
window.addEventListener('signedout', async () => {
  if (!shell || isAsking) return;
  isAsking = true;
  const before = shell.context.me;
  let me;
  try {
    const { signInAgain } = await import('./signin.js');
    me = await signInAgain(before.credential === 'session' ? before.name : null);
  } catch {
    // Whatever is refused next asks again.
    toast(t.viewFailed);
    return;
  } finally {
    isAsking = false;
  }
  if (me.id === before.id && me.credential === before.credential && !shell.context.isEnded) {
    shell.context.me = me;
    shell.context.dispatchEvent(new Event('signedin'));
    return;
  }
  sessionStorage.clear();
  toast(t.signIn.other(me.name));
  await begin(me);
});
window.addEventListener('hashchange', () => shell?.showRoute());

/// What the page shows of the databases is as old as the last look at the server: looked again when somebody comes back to it, and
/// now and then while somebody looks.
const lookAgain = () => { if (document.visibilityState === 'visible') shell?.context.refresh(); };
window.addEventListener('focus', lookAgain);
document.addEventListener('visibilitychange', lookAgain);
setInterval(lookAgain, refreshEvery);

async function start() {
  // Said where it takes a while.
  const wait = setTimeout(() => replace(root, h('main', { class: 'center' }, t.loading)), 500);
  let me;
  try {
    me = await api.session();
  } catch (error) {
    showProblem(error);
    return;
  } finally {
    clearTimeout(wait);
  }
  await begin(me);
}

/// What stands in the place of the page as long as it cannot begin.
function showProblem(error) {
  replace(root, h('main', { class: 'center' }, h('p', { class: 'problem', role: 'alert' }, visible(error.message)),
    h('button', { class: 'button', type: 'button', onclick: start }, t.retry)));
}
start();
