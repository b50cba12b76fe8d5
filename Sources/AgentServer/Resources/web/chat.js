// The chat: conversations, and turns of the agent as they come.
import { ask, copy, download, h, icon, iconButton, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

/// What shows a turn comes once there is one.
const turns = () => import('./turn.js');

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
    context.addEventListener('database', () => this.showWelcome());
    context.addEventListener('signedin', () => { this.loadModels(); this.list.load(); });
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
    this.loadModels();
    this.list.load();
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

  async loadModels() {
    try {
      this.models = await api.get('/models');
    } catch (error) {
      if (error.status === 401) return;
      this.models = { provider: null, models: [], problem: error.status === 404 ? words.noChat : error.message };
    }
    const { models = [], model } = this.models;
    const all = models.some(one => one.id === model) || !model ? models : [{ id: model, name: model }, ...models];
    replace(this.model, all.slice(0, 200).map(one => h('option', { value: one.id, selected: one.id === model }, visible(one.name ?? one.id))));
    this.modelField.hidden = all.length < 2;
    replace(this.foot, this.models.provider ? this.composer : this.noProvider());
    this.showWelcome();
    if (this.models.provider && this.isShown) this.input.focus({ preventScroll: true });
  }

  noProvider() {
    return h('div', { class: 'note no-provider' }, h('h2', {}, words.noProvider),
      h('p', {}, words.noProviderLead), h('pre', { class: 'code', tabIndex: 0 }, words.noProviderConfig),
      this.models.problem ? h('p', { class: 'muted small' }, visible(this.models.problem)) : null,
      h('p', {}, words.noProviderElse, ' ', h('a', { href: '#/sql' }, words.toSQL)));
  }

  /// Shows a conversation, or a new one.
  async open(id) {
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
    this.log = h('div', { class: 'log' });
    replace(this.stage, this.log);
    if (id === null) {
      this.showWelcome();
      return;
    }
    replace(this.log, h('p', { class: 'center' }, t.loading));
    try {
      const conversation = await api.get(`/conversations/${encodeURIComponent(id)}`);
      const { Turn } = await turns();
      if (this.id !== id || this.turn) return;
      this.showConversation(conversation, Turn);
    } catch (error) {
      if (this.id !== id) return;
      replace(this.log, h('div', { class: 'center' }, h('p', {}, error.status === 404 ? words.gone : visible(error.message)),
        h('a', { class: 'button', href: '#/chat' }, words.fresh)));
    }
  }

  showConversation(conversation, Turn) {
    replace(this.log);
    if (conversation.database && this.context.databases.some(one => one.name === conversation.database)) this.context.database = conversation.database;
    let turn = null, question = null;
    for (const message of conversation.messages ?? []) {
      const text = message.parts.filter(part => part.type === 'text').map(part => part.text).join('\n');
      if (message.role === 'user' && text) {
        turn?.endStored();
        turn = null;
        question = this.showQuestion(text, message.index);
        continue;
      }
      if (!turn) {
        turn = new Turn(this, { isStored: true, question });
        this.log.append(turn.element);
      }
      turn.ended = message.end ?? null;
      for (const part of message.parts) turn.showPart(part, conversation.database);
    }
    if (!turn && question) {
      // Nothing came of the last question.
      turn = new Turn(this, { isStored: true, question });
      this.log.append(turn.element);
    }
    turn?.endStored();
    this.lastTurn()?.classList.add('last');
    this.stage.scrollTop = this.stage.scrollHeight;
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

  showQuestion(text, index) {
    const body = h('div', { class: 'bubble' }, visible(text));
    const element = h('article', { class: 'message user', 'aria-label': words.you }, body,
      h('div', { class: 'message-actions' },
        iconButton('copy', t.copy, async () => this.context.toast(await copy(text) ? t.copied : t.copyFailed), { class: 'icon-button small' }),
        iconButton('edit', words.edit, () => this.edit(element, text), { class: 'icon-button small edit' })));
    element.messageIndex = index;
    element.messageText = text;
    this.log.append(element);
    return element;
  }

  edit(element, text) {
    if (this.turn || element.querySelector('form')) return;
    const area = h('textarea', { rows: Math.min(10, text.split('\n').length + 1), value: text, 'aria-label': words.message });
    const end = () => {
      form.remove();
      for (const child of element.children) child.hidden = false;
      element.querySelector('.edit')?.focus();
    };
    const form = h('form', { class: 'edit-form', onsubmit: event => {
      event.preventDefault();
      if (area.value.trim() && !this.turn) this.resend(element, area.value);
    }, onkeydown: event => { if (event.key === 'Escape') end(); } }, area,
      h('div', { class: 'toolbar' }, h('button', { type: 'submit', class: 'button primary small' }, words.resend),
        h('button', { type: 'button', class: 'button small', onclick: end }, t.cancel)));
    for (const child of element.children) child.hidden = true;
    element.append(form);
    area.focus();
  }

  /// Sends a question again, in the place of the one that stands there and all that follows.
  resend(element, text = element.messageText) {
    if (this.turn) return;
    const index = element.messageIndex;
    while (element.nextSibling) element.nextSibling.remove();
    element.remove();
    this.send(text, index);
  }

  /// The same question again, after an answer that failed.
  retry(turnElement) {
    let element = turnElement.previousElementSibling;
    while (element && !element.classList.contains('user')) element = element.previousElementSibling;
    if (element) this.resend(element);
  }

  submit() {
    const text = this.input.value.trim();
    if (!text || this.turn) return;
    this.input.value = '';
    this.keepDraft();
    this.fit();
    this.send(text);
  }

  async send(text, replacing) {
    if (this.turn || this.isSending || !this.models?.provider) return;
    this.isSending = true;
    const { Turn } = await turns().finally(() => { this.isSending = false; });
    this.log.querySelector('.welcome')?.remove();
    this.lastTurn()?.classList.remove('last');
    const question = this.showQuestion(text, replacing);
    const turn = new Turn(this, { question });
    turn.element.classList.add('last');
    this.turn = turn;
    this.log.append(turn.element);
    this.showRunning();
    this.follows = true;
    this.follow();
    const body = { message: text };
    if (this.id) body.conversation = this.id;
    if (this.context.database) body.database = this.context.database.name;
    if (!this.modelField.hidden && this.model.value) body.model = this.model.value;
    if (replacing !== undefined && this.id) body.replacing_from = replacing;
    await turn.run(body);
    if (this.turn === turn) {
      this.turn = null;
      this.showRunning();
    }
    this.list.load();
    if (turn.neverBegan && !this.input.value) {
      // Nothing was kept of it: what was written goes back to where it was written.
      this.input.value = text;
      this.keepDraft();
      this.fit();
    }
  }

  /// A turn has begun, perhaps of a conversation that is new.
  began(turn, data) {
    if (turn.question) turn.question.messageIndex = data.index;
    if (this.turn !== turn || this.id === data.conversation) return;
    this.id = data.conversation;
    this.context.route = { view: 'chat', id: this.id };
    if (this.isShown) history.replaceState(null, '', `#/chat/${encodeURIComponent(this.id)}`);
    this.list.load();
  }

  showUsage(turn, data) {
    if (turn === this.turn) replace(this.usage, words.usage(data.inputTokens ?? 0, data.outputTokens ?? 0, data.steps));
  }

  showRunning() {
    const runs = this.turn !== null;
    this.stopButton.hidden = !runs;
    this.sendButton.hidden = runs;
    this.element.classList.toggle('runs', runs);
  }

  follow() {
    if (this.follows) this.stage.scrollTop = this.stage.scrollHeight;
  }

  announce(text) {
    replace(this.announcer, visible(text));
  }
}

/// The list beside the chat.
class Conversations {
  constructor(chat) {
    this.chat = chat;
    this.all = [];
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
    const text = this.search.value.trim();
    if (text) query.set('search', text);
    if (continues && this.next) query.set('before', this.next);
    const wanted = this.wanted = {};
    try {
      const answer = await api.get(`/conversations?${query}`);
      if (this.wanted !== wanted) return;
      this.all = continues ? this.all.concat(answer.conversations) : answer.conversations;
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
    const path = `/conversations/${encodeURIComponent(one.id)}`;
    const act = (text, onclick, name) => h('button', { type: 'button', class: 'button quiet small', onclick: async () => {
      menu.open = false;
      try {
        await onclick();
      } catch (error) {
        this.chat.context.toast(error.message);
      }
    } }, icon(name), text);
    const menu = h('details', { class: 'account item-menu', name: 'conversation-menu' },
      h('summary', { class: 'icon-button small', 'aria-label': words.actions(title), title: words.actions(title) }, icon('more')),
      h('div', { class: 'popover' },
        act(words.rename, async () => {
          const changed = await ask({ title: words.rename, label: words.renameTo, value: one.title, ok: words.save });
          if (!changed?.trim()) return;
          await api.patch(path, { title: changed.trim() });
          await this.load();
        }, 'edit'),
        act(words.exportMarkdown, () => this.export(one, 'markdown', 'md'), 'download'),
        act(words.exportJSON, () => this.export(one, 'json', 'json'), 'download'),
        act(words.remove, async () => {
          if (!await ask({ title: words.remove, text: words.removeSure(title), ok: words.remove, isDanger: true })) return;
          await api.delete(path);
          sessionStorage.removeItem(`draft:${one.id}`);
          await this.load();
          if (this.chat.id === one.id) this.chat.context.go('#/chat');
        }, 'trash')));
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

  async export(one, format, end) {
    const text = await api.text(`/conversations/${encodeURIComponent(one.id)}/export?format=${format}`);
    const name = (one.title || 'conversation').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation';
    download(`${name}.${end}`, format === 'json' ? 'application/json' : 'text/markdown;charset=utf-8', text);
  }
}
