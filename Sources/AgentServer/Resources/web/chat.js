// The chat: conversations, and turns of the agent as they come.
import { h, icon, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

/// What shows messages comes once there is one.
const transcript = () => import('./transcript.js');

const words = t.chat;
let kept = null;

/// The view. A turn that runs goes on while another view is shown.
export function mount(root, context) {
  if (kept?.context !== context) kept = new Chat(context);
  root.append(kept.element);
  kept.shown();
  return { unmount: () => { kept.isShown = false; kept.element.remove(); } };
}

class Chat {
  constructor(context) {
    this.context = context;
    this.id = null;
    this.turn = null;
    this.models = null;
    // Logs of conversations in which a turn runs.
    this.running = new Map();
    context.addEventListener('route', () => { if (this.isShown && context.route.view === 'chat') this.open(context.route.id); });
    for (const name of ['database', 'databases']) context.addEventListener(name, () => this.showWelcome());
    context.addEventListener('signedin', () => this.know());
    context.addEventListener('ended', () => {
      for (const turn of [this.turn, ...[...this.running.values()].map(one => one.turn)]) turn?.leave();
    });
    this.list = new Conversations(this);
    this.log = null;
    this.stage = h('div', { class: 'chat-stage', tabIndex: 0, role: 'region', 'aria-label': words.log });
    this.announcer = h('div', { class: 'visually-hidden', 'aria-live': 'polite', 'aria-atomic': 'false' });
    this.usage = h('span', { class: 'muted small usage', 'aria-label': words.usageLabel });
    this.composer = this.makeComposer();
    this.foot = h('div', { class: 'chat-foot' }, this.composer);
    this.toggle = h('button', { type: 'button', class: 'button small list-toggle', 'aria-expanded': 'false', onclick: () => this.showList() }, icon('menu'), words.conversations);
    this.section = h('section', { class: 'chat-main', 'aria-label': words.title }, h('div', { class: 'chat-head' }, this.toggle), this.stage, this.foot, this.announcer);
    this.element = h('div', { class: 'chat' }, h('h1', { class: 'visually-hidden' }, words.title), this.list.element, this.section);
    this.stage.addEventListener('scroll', () => {
      this.follows = this.stage.scrollHeight - this.stage.scrollTop - this.stage.clientHeight < 80;
    }, { passive: true });
    this.follows = true;
    this.isFresh = true;
    this.know();
  }

  shown() {
    this.isShown = true;
    const { id } = this.context.route;
    if (this.isFresh || id !== this.id) this.open(id);
    this.isFresh = false;
  }

  showList(shows = !this.element.classList.contains('shows-list')) {
    this.element.classList.toggle('shows-list', shows);
    this.toggle.setAttribute('aria-expanded', String(shows));
    if (shows) this.list.search.focus();
  }

  makeComposer() {
    this.input = h('textarea', {
      id: 'message', rows: 1, placeholder: words.placeholder, 'aria-describedby': 'message-hint', maxlength: 100000,
      oninput: () => { this.fit(); this.keepDraft(); },
      onkeydown: event => {
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          this.submit();
        }
      },
    });
    this.sendButton = h('button', { type: 'submit', class: 'button primary send', 'aria-label': words.send, title: words.send }, icon('send'));
    this.stopButton = h('button', { type: 'button', class: 'button send', hidden: true, onclick: () => this.turn?.stop() }, icon('stop'), words.stop);
    this.model = h('select', { id: 'model', 'aria-label': words.model, title: words.model });
    this.modelField = h('span', { class: 'model', hidden: true }, this.model);
    return h('form', { class: 'composer', onsubmit: event => { event.preventDefault(); this.submit(); } },
      h('label', { for: 'message', class: 'visually-hidden' }, words.message),
      h('div', { class: 'composer-box' }, this.input, this.stopButton, this.sendButton),
      h('div', { class: 'composer-foot' }, this.modelField, h('span', { class: 'hint', id: 'message-hint' }, words.hint), h('span', { class: 'spacer' }), this.usage));
  }

  fit() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 220)}px`;
  }

  get draftKey() { return `draft:${this.id ?? ''}`; }

  keepDraft() {
    if (this.input.value) sessionStorage.setItem(this.draftKey, this.input.value);
    else sessionStorage.removeItem(this.draftKey);
  }

  /// Reads what a question takes, before which none is sent: the models, and the conversations, which tell a new one from the others.
  know() { this.knowing = Promise.all([this.loadModels(), this.list.load()]); }

  async loadModels() {
    try {
      this.models = await api.get('/models');
    } catch (error) {
      if (error.status === 401) return;
      this.models = { provider: null, models: [], problem: error.status === 404 ? words.noChat : error.message, isDown: error.status !== 404 };
    }
    const { models = [], model } = this.models;
    const all = models.some(one => one.id === model) || !model ? models : [{ id: model, name: model }, ...models];
    replace(this.model, all.slice(0, 200).map(one => h('option', { value: one.id, selected: one.id === model }, visible(one.name ?? one.id))));
    this.modelField.hidden = all.length < 2;
    // Whoever does something else by now goes on with it.
    const isFree = document.activeElement === document.body || this.foot.contains(document.activeElement);
    if (!this.models.provider) replace(this.foot, this.noProvider());
    else if (this.composer.parentNode !== this.foot) replace(this.foot, this.composer);
    this.showWelcome();
    if (this.models.provider && this.isShown && isFree) this.input.focus({ preventScroll: true });
  }

  noProvider() {
    const { problem, isDown } = this.models;
    if (isDown) {
      return h('div', { class: 'note no-provider', role: 'alert' }, h('p', {}, visible(problem)),
        h('div', { class: 'toolbar' }, h('button', { type: 'button', class: 'button', onclick: () => this.know() }, icon('retry'), t.retry)));
    }
    return h('div', { class: 'note no-provider' }, h('h2', {}, words.noProvider),
      h('p', {}, words.noProviderLead), h('pre', { class: 'code', tabIndex: 0 }, words.noProviderConfig),
      problem ? h('p', { class: 'muted small' }, visible(problem)) : null,
      h('p', {}, words.noProviderElse, ' ', h('a', { href: '#/sql' }, words.toSQL)));
  }

  /// Shows a conversation, or a new one.
  open(id) { return this.opening = this.show(id); }

  async show(id) {
    this.showList(false);
    if (this.turn) this.running.set(this.id, { log: this.log, turn: this.turn });
    this.id = id;
    this.turn = null;
    this.follows = true;
    this.input.value = sessionStorage.getItem(this.draftKey) ?? '';
    this.fit();
    replace(this.usage);
    this.list.mark();
    const runs = this.running.get(id);
    if (runs) {
      this.log = runs.log;
      this.turn = runs.turn.isRunning ? runs.turn : null;
      this.running.delete(id);
      replace(this.stage, this.log);
      this.showRunning();
      this.follow();
      return;
    }
    this.showRunning();
    const log = this.log = h('div', { class: 'log' }), before = this.context.database?.name;
    replace(this.stage, log);
    if (id === null) {
      this.showWelcome();
      return;
    }
    replace(log, h('p', { class: 'center' }, t.loading));
    try {
      const conversation = await api.get(`/conversations/${encodeURIComponent(id)}`);
      const { showConversation } = await transcript();
      if (this.log !== log) return;
      showConversation(this, conversation, before);
    } catch (error) {
      if (this.log !== log) return;
      replace(log, h('div', { class: 'center' }, h('p', {}, error.status === 404 ? words.gone : visible(error.message)),
        error.status === 404 ? null : h('button', { type: 'button', class: 'button', onclick: () => this.open(id) }, icon('retry'), t.retry),
        h('a', { class: 'button', href: '#/chat' }, words.fresh)));
    }
  }

  lastTurn() { return [...this.log.querySelectorAll('.message.agent')].at(-1); }

  showWelcome() {
    if (this.id !== null || this.turn || !this.log || this.log.querySelector('.message')) return;
    const { database } = this.context;
    replace(this.log, h('div', { class: 'welcome' }, h('h2', {}, words.welcome),
      database ? h('p', { class: 'muted' }, visible(words.welcomeLead(database.name))) : h('p', { class: 'muted' }, t.noDatabases),
      this.models?.provider && database ? h('ul', { class: 'examples' }, words.examples.map(text =>
        h('li', {}, h('button', { type: 'button', class: 'button', onclick: () => this.send(text) }, text)))) : null));
  }

  /// Sends a question again, in the place of the one that stands there and all that follows.
  resend(element, text = element.messageText) { this.send(text, { replaced: element }); }

  get canSend() { return !this.turn && !this.context.isEnded && Boolean(this.models?.provider); }

  submit() {
    const text = this.input.value.trim();
    if (text) this.send(text, { isMeant: () => this.input.value.trim() === text });
  }

  /// Asks, as soon as all is here that it takes: until then words stay where they were written, and so they do where they cannot be
  /// sent then, or are not meant any more.
  async send(text, { replaced = null, isMeant = () => true } = {}) {
    const { log } = this;
    let sender;
    try {
      [sender] = await Promise.all([transcript(), this.knowing, this.opening]);
    } catch {
      this.context.toast(words.notSent);
      return;
    }
    if (this.canSend && this.log === log && isMeant()) await sender.send(this, text, replaced);
  }

  showUsage(turn, data) { if (turn === this.turn) replace(this.usage, words.usage(data.inputTokens ?? 0, data.outputTokens ?? 0, data.steps)); }

  showRunning() {
    const runs = this.turn !== null;
    this.stopButton.hidden = !runs;
    this.sendButton.hidden = runs;
    this.element.classList.toggle('runs', runs);
  }

  follow() { if (this.follows) this.stage.scrollTop = this.stage.scrollHeight; }

  announce(text) { replace(this.announcer, visible(text)); }
}

/// The list beside the chat.
class Conversations {
  constructor(chat) {
    this.chat = chat;
    this.all = [];
    // Of all that were ever in the list; null until it came.
    this.known = null;
    this.search = h('input', { type: 'search', placeholder: words.searchConversations, 'aria-label': words.searchConversations, oninput: () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), 250);
    } });
    this.items = h('ul', { class: 'conversations' });
    this.moreButton = h('button', { type: 'button', class: 'button small', hidden: true, onclick: () => this.load(true) }, words.more);
    this.element = h('aside', { class: 'sidebar', 'aria-label': words.conversations },
      h('a', { class: 'button', href: '#/chat', onclick: event => {
        event.preventDefault();
        if (chat.context.route.id === null) chat.open(null);
        else chat.context.go('#/chat');
        chat.input.focus();
      } }, icon('plus'), words.fresh), this.search, this.items, this.moreButton);
  }

  async load(continues = false) {
    const query = new URLSearchParams({ limit: '30' });
    // What goes on goes on with what was looked for, whatever is written there by now.
    const text = continues ? this.sought : this.search.value.trim();
    if (text) query.set('search', text);
    if (continues && this.next) query.set('before', this.next);
    const wanted = this.wanted = {};
    try {
      const answer = await api.get(`/conversations?${query}`);
      this.known ??= new Set();
      for (const one of answer.conversations) this.known.add(one.id);
      if (this.wanted !== wanted) return;
      this.all = continues ? this.all.concat(answer.conversations) : answer.conversations;
      this.sought = text;
      this.next = answer.next;
      this.draw();
    } catch (error) {
      if (this.wanted === wanted && error.status !== 401) replace(this.items, error.status === 404 ? null : h('li', { class: 'muted small' }, visible(error.message)));
    }
  }

  draw() {
    // A list that comes anew does not take an open menu away.
    this.isStale = this.items.querySelector('details[open]') !== null;
    if (this.isStale) return;
    if (this.all.length === 0) replace(this.items, h('li', { class: 'muted small' }, this.search.value.trim() ? words.noneFound : words.none));
    else replace(this.items, this.all.map(one => this.item(one)));
    this.moreButton.hidden = !this.next;
    this.mark();
  }

  item(one) {
    const title = visible(one.title || words.untitled);
    const choices = h('div', { class: 'popover' });
    const menu = h('details', { class: 'account item-menu', name: 'conversation-menu' },
      h('summary', { class: 'icon-button small', 'aria-label': words.actions(title), title: words.actions(title) }, icon('more')), choices);
    menu.addEventListener('toggle', async () => {
      if (!menu.open || choices.firstChild) return;
      const { conversationActions } = await import('./conversation.js');
      replace(choices, conversationActions(this, one, menu));
    });
    menu.addEventListener('focusout', event => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
    menu.addEventListener('keydown', event => { if (event.key === 'Escape' && menu.open) { menu.open = false; menu.firstChild.focus(); } });
    menu.addEventListener('toggle', () => { if (!menu.open && this.isStale) this.draw(); });
    const link = h('a', { href: `#/chat/${encodeURIComponent(one.id)}`, title }, h('bdi', {}, title));
    const element = h('li', {}, link, menu);
    element.conversation = one.id;
    return element;
  }

  mark() {
    for (const item of this.items.children) {
      const link = item.querySelector('a');
      if (!link) continue;
      if (item.conversation === this.chat.id) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }
}
