// The messages of a conversation: those that were kept, page by page, and the turn that still runs.
import { copy, h, iconButton, replace, visible } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';
import { Turn } from './turn.js';

const words = t.chat;

/// Shows a conversation as `GET /conversations/{id}` tells of it, and follows its turn where one runs. `before` is the database that
/// was chosen when it was asked for; one that was chosen since stays chosen.
export function showConversation(chat, conversation, before) {
  const { messages = [], turn: running = null, next = null, database } = conversation;
  if (database && chat.context.database?.name === before && chat.context.databases.some(one => one.name === database)) chat.context.database = database;
  // A turn that can be had from its first event tells all that is behind its question.
  const told = running?.from ? messages.filter(one => one.index <= running.index) : messages;
  replace(chat.log, typeof next === 'number' ? earlier(chat, conversation, next) : null, kept(chat, told, database, running !== null));
  chat.lastTurn()?.classList.add('last');
  if (running) rejoin(chat, running);
  chat.stage.scrollTop = chat.stage.scrollHeight;
}

/// Asks, and puts question and answer below what stands there, or in the place of a question and all that follows it.
export async function send(chat, text, replaced) {
  const replacing = replaced?.messageIndex;
  while (replaced?.nextSibling) replaced.nextSibling.remove();
  replaced?.remove();
  if (chat.input.value.trim() === text) write(chat, '');
  chat.log.querySelector('.welcome')?.remove();
  chat.lastTurn()?.classList.remove('last');
  const asked = question(chat, text, replacing);
  const turn = new Turn(chat, { question: asked, onBegin: data => began(chat, turn, data) });
  chat.log.append(asked, turn.element);
  const body = { message: text };
  if (chat.id) body.conversation = chat.id;
  if (chat.context.database) body.database = chat.context.database.name;
  if (!chat.modelField.hidden && chat.model.value) body.model = chat.model.value;
  if (replacing !== undefined && chat.id) body.replacing_from = replacing;
  const find = finder(chat, asked, body);
  await accompany(chat, turn, () => turn.run(body, find));
  if (chat.log === asked.parentNode && (turn.isMissed || turn.isPartial && turn.wasEnded)) chat.open(chat.id);
  // Nothing was kept of it: what was written goes back to where it was written.
  if (turn.neverBegan && !chat.input.value) write(chat, text);
}

function write(chat, text) {
  chat.input.value = text;
  chat.keepDraft();
  chat.fit();
}

/// What finds a turn that was asked for and of which nothing was heard: `{ conversation, index, turn }`, where `turn` is null when it
/// has ended, or null when the server has nothing of it.
function finder(chat, asked, { message, conversation, replacing_from: replacing }) {
  const before = [...chat.log.querySelectorAll('.message.user')].filter(one => one !== asked).map(one => one.messageIndex ?? 0);
  const from = replacing ?? Math.max(-1, ...before) + 1, known = new Set(chat.list.known), isKnown = chat.list.known !== null;
  return async () => {
    // The newest of all, when it is a new one. Without the list nobody can tell, and an older answer must not pass for this one.
    if (!conversation && !isKnown) return null;
    const id = conversation ?? (await api.get('/conversations?limit=1')).conversations[0]?.id;
    if (!id || !conversation && known.has(id)) return null;
    const { messages = [], turn = null } = await api.get(`/conversations/${encodeURIComponent(id)}`);
    const questions = messages.filter(isQuestion);
    const one = turn ? questions.find(one => one.index === turn.index) : questions.at(-1);
    if (!one || saying(one) !== message || one.index < from || replacing !== undefined && one.index !== replacing) return null;
    return { conversation: id, index: one.index, turn };
  };
}

const saying = message => message.parts.filter(part => part.type === 'text').map(part => part.text).join('\n');
const isQuestion = message => message.role === 'user' && saying(message) !== '';

/// A turn has begun, perhaps of a conversation that is new.
function began(chat, turn, { index, conversation }) {
  if (turn.question) turn.question.messageIndex = index;
  // Somebody went to another conversation before this one had a name.
  const kept = chat.running.get(null), isLeft = kept?.turn === turn;
  // Also one that was stopped before it began, where nothing else was asked since.
  const isHere = chat.turn === turn || chat.turn === null && chat.id === null && chat.log.contains(turn.element);
  const isNew = isHere && chat.id !== conversation;
  if (isLeft) {
    chat.running.delete(null);
    chat.running.set(conversation, kept);
  }
  // What was written since then goes along, but where another new one is written by now.
  const draft = sessionStorage.getItem('draft:');
  if (draft && (isNew || isLeft && chat.id !== null)) {
    sessionStorage.removeItem('draft:');
    sessionStorage.setItem(`draft:${conversation}`, draft);
  }
  if (isNew) {
    chat.id = conversation;
    chat.context.route = { view: 'chat', id: conversation };
    if (chat.isShown) history.replaceState(null, '', `#/chat/${encodeURIComponent(conversation)}`);
  }
  if (isNew || isLeft) chat.list.load();
}

/// Shows that a turn runs, until it has ended.
async function accompany(chat, turn, run) {
  turn.element.classList.add('last');
  chat.turn = turn;
  chat.showRunning();
  chat.follows = true;
  chat.follow();
  await Promise.race([run(), turn.isLeft]);
  if (chat.turn === turn) {
    chat.turn = null;
    chat.showRunning();
  }
  chat.list.load();
}

async function rejoin(chat, running) {
  const { id, log } = chat;
  const turn = new Turn(chat, { question: [...log.querySelectorAll('.message.user')].at(-1) ?? null });
  chat.lastTurn()?.classList.remove('last');
  log.append(turn.element);
  await accompany(chat, turn, () => turn.rejoin(running));
  // What was not seen of it stands in what was kept. A turn that cannot be had twice is not tried a third time.
  const isAgain = chat.lost === running.id;
  if (turn.isGone) chat.lost = running.id;
  if (chat.id === id && chat.log === log && (turn.isPartial && turn.wasEnded || turn.isGone && !isAgain)) chat.open(id);
}

/// Elements of messages that were kept. `goesOn` says that the answer at the end has more than these.
function kept(chat, messages, database, goesOn = false) {
  const elements = [];
  let turn = null, asked = null;
  const begin = () => {
    turn = new Turn(chat, { isStored: true, question: asked });
    elements.push(turn.element);
  };
  for (const message of messages) {
    if (isQuestion(message)) {
      if (!turn && asked) begin();
      if (turn) endKept(turn);
      turn = null;
      elements.push(asked = question(chat, saying(message), message.index));
      continue;
    }
    if (!turn) begin();
    turn.ended = message.end ?? null;
    for (const part of message.parts) showPart(turn, part, database);
  }
  if (goesOn) return elements;
  // Nothing came of the last question.
  if (!turn && asked) begin();
  if (turn) endKept(turn);
  return elements;
}

/// All that was kept has been shown: an answer ends with words, or it was not finished.
function endKept(turn) {
  if (turn.ended) turn.end(words.states[turn.ended] ?? words.states.failed);
  else if (turn.lastPart !== 'text') turn.end(words.unfinished);
}

/// A part of a message that was kept.
function showPart(turn, part, database) {
  turn.lastPart = part.type;
  turn.database = database;
  if (part.type === 'text') {
    const view = turn.newText();
    turn.text += part.text;
    view.append(part.text);
    view.draw();
  } else if (part.type === 'thinking') {
    turn.on_thinking(part);
    turn.thoughts = null;
  } else if (part.type === 'tool_call') {
    turn.on_tool_call({ id: part.id, name: part.name, arguments: part.arguments });
  } else if (part.type === 'tool_result') {
    turn.on_result({ call: part.call, isError: part.isError, text: part.text, elapsedMs: part.elapsedMs, result: part.result, decision: part.decision });
  }
}

/// A button that puts the page of messages before an index above what is shown, which stays where it is seen.
function earlier(chat, conversation, before) {
  const button = h('button', { type: 'button', class: 'button small earlier', onclick: async () => {
    button.disabled = true;
    try {
      const page = await api.get(`/conversations/${encodeURIComponent(conversation.id)}?before=${before}`);
      if (!button.isConnected) return;
      const { stage } = chat, height = stage.scrollHeight - stage.scrollTop;
      const more = typeof page.next === 'number' ? earlier(chat, conversation, page.next) : null;
      const elements = kept(chat, page.messages ?? [], conversation.database, !button.nextElementSibling?.classList.contains('user'));
      button.replaceWith(...[more, ...elements].filter(Boolean));
      stage.scrollTop = stage.scrollHeight - height;
      (more ?? stage).focus({ preventScroll: true });
    } catch (error) {
      button.disabled = false;
      chat.context.toast(error.message);
    }
  } }, words.earlier);
  return button;
}

/// A question as an element, with what can be done with it.
export function question(chat, text, index) {
  const element = h('article', { class: 'message user', 'aria-label': words.you }, h('div', { class: 'bubble' }, visible(text)),
    h('div', { class: 'message-actions' },
      iconButton('copy', t.copy, async () => chat.context.toast(await copy(text) ? t.copied : t.copyFailed), { class: 'icon-button small' }),
      iconButton('edit', words.edit, () => edit(chat, element, text), { class: 'icon-button small edit' })));
  element.messageIndex = index;
  element.messageText = text;
  return element;
}

function edit(chat, element, text) {
  if (chat.turn || element.querySelector('form')) return;
  const area = h('textarea', { rows: Math.min(10, text.split('\n').length + 1), value: text, 'aria-label': words.message });
  const end = () => {
    form.remove();
    for (const child of element.children) child.hidden = false;
    element.querySelector('.edit')?.focus();
  };
  const form = h('form', { class: 'edit-form', onsubmit: event => {
    event.preventDefault();
    if (area.value.trim() && !chat.turn) chat.resend(element, area.value);
  }, onkeydown: event => { if (event.key === 'Escape') end(); } }, area,
  h('div', { class: 'toolbar' }, h('button', { type: 'submit', class: 'button primary small' }, words.resend),
    h('button', { type: 'button', class: 'button small', onclick: end }, t.cancel)));
  for (const child of element.children) child.hidden = true;
  element.append(form);
  area.focus();
}
