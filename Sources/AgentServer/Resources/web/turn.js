// One answer of the agent: text, thoughts, calls of tools with their results, questions about writes, and how it ended.
import { copy, h, icon, iconButton, replace, visible } from './dom.js';
import { api } from './api.js';
import { Call } from './call.js';
import { MarkdownView } from './markdown.js';
import { t } from './strings.js';

const words = t.chat;
const attempts = 6;
// A turn has one reader: whoever comes back takes it from another. So often a tab does it again within so many milliseconds.
const returns = 2, spell = 30000;
const patience = 3000; // ms in which who stops a turn waits for its end
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

export class Turn {
  /// `onBegin({ conversation, index })` is told once the server has it.
  constructor(chat, { question = null, isStored = false, onBegin = () => {} } = {}) {
    this.chat = chat;
    this.question = question;
    this.onBegin = onBegin;
    // Resolves when nobody follows it any more.
    this.isLeft = new Promise(resolve => { this.setLeft = resolve; });
    this.calls = new Map();
    this.text = '';
    this.isRunning = !isStored;
    this.body = h('div', { class: 'answer' });
    this.state = h('p', { class: 'working muted small', hidden: isStored }, h('span', { class: 'spinner', 'aria-hidden': 'true' }), ' ', words.working);
    this.notes = h('div', { class: 'turn-notes' });
    this.element = h('article', { class: 'message agent', 'aria-label': words.agent, 'aria-busy': isStored ? null : 'true' },
      this.body, this.state, this.notes,
      h('div', { class: 'message-actions' },
        iconButton('copy', words.copyAnswer, async () => chat.context.toast(await copy(this.text) ? t.copied : t.copyFailed), { class: 'icon-button small' }),
        iconButton('retry', t.retry, () => { if (this.question) chat.resend(this.question); }, { class: 'icon-button small again' })));
  }

  /// Comes back to a turn that runs, as `GET /conversations/{id}` tells of it: from its first event, where that is still kept.
  rejoin(running) {
    this.goOn(running);
    this.isRejoined = true;
    // What was asked and answered before is not asked again.
    const { from, last } = running;
    this.replayedUntil = from ? Number(last.slice(last.lastIndexOf('.') + 1)) : 0;
    return this.run({});
  }

  goOn({ id, from, last }) {
    this.id = id;
    this.last = from ?? last;
    if (this.isUnwanted) this.stopThere();
    if (from) return;
    this.isPartial = true;
    this.note(words.resumed);
  }

  /// Asks, and shows what comes until the turn has ended or cannot be followed any more. Where the stream broke before its first
  /// event nobody here knows whether the turn began, and asking again could ask twice: `find` tells what the server has of it.
  async run(body, find) {
    this.unsaid = '';
    this.chat.announce(words.answering);
    this.speaker = setInterval(() => this.speak(), 2500);
    const key = crypto.randomUUID();
    let failures = 0, ended = [], busy = null;
    try {
      while (!this.isDone && !this.isStopped) {
        const before = this.last;
        try {
          this.reading = new AbortController();
          const options = { signal: this.reading.signal, lastEventID: this.last, key: this.last ? null : key };
          await api.stream('/chat', this.last ? {} : body, event => this.take(event), options);
          if (this.isDone) break;
          ended = [...ended.filter(one => Date.now() - one < spell), Date.now()];
          if (ended.length > returns && !this.isStopped) {
            this.end(words.elsewhere, true);
            return;
          }
        } catch (error) {
          if (this.isDone || this.isStopped) break;
          // A browser sends a request again by itself where a connection that it had broke before the answer: then the first one runs
          // (`key` brings its turn, unless that has not begun yet).
          const isRunning = error.code === 'turn-running';
          if (!this.last && error.status !== 0 && !isRunning) throw error;
          busy = isRunning ? error : null;
          if (error.status === 401) {
            await this.chat.context.signedInAgain();
            continue;
          }
          if (this.last && error.status >= 400 && error.status < 500 && error.status !== 429) {
            // It ended while the page was loaded: then all of it is kept.
            if (this.isRejoined && !this.numberOfLast) this.isGone = true;
            this.end(words.lost, true);
            return;
          }
        }
        if (this.isStopped) break;
        if (!this.last) {
          if (!await this.look(find, busy)) break;
          continue;
        }
        failures = this.last === before ? failures + 1 : 0;
        if (failures >= attempts) {
          this.end(words.cut, true);
          return;
        }
        this.showState(words.reconnecting);
        await sleep(Math.min(8000, 400 * 2 ** failures));
      }
      this.end(words.states.cancelled);
    } catch (error) {
      this.neverBegan = !this.last;
      this.end(error.code ? visible(error.message) : words.states.failed);
    } finally {
      clearInterval(this.speaker);
      this.isRunning = false;
    }
  }

  /// Whether the turn goes on whose first event never came. Where not, it has ended here; `busy` says that another one runs.
  async look(find, busy) {
    let looks = 0, failures = 0;
    // Where nothing is found it may be on its way, so it is looked for twice.
    while (looks < 2 && failures < attempts) {
      this.showState(words.reconnecting);
      await sleep(Math.min(8000, 400 * 2 ** (looks + failures)));
      if (this.isStopped) return false;
      try {
        const place = await find();
        if (this.isStopped) return false;
        if (place?.turn) {
          this.goOn(place.turn);
          this.onBegin(place);
          return true;
        }
        if (place) {
          this.isMissed = true;
          this.onBegin(place);
          this.end(words.lost);
          return false;
        }
        looks += 1;
      } catch (error) {
        if (error.status === 401) await this.chat.context.signedInAgain();
        else if (error.status > 0 && error.status < 500 && error.status !== 429) looks += 1;
        else failures += 1;
      }
    }
    this.neverBegan = true;
    this.end(busy ? visible(busy.message) : looks < 2 ? t.unreachable : words.notBegun);
    return false;
  }

  /// Stops it at the server too, which knows it by an id: where that is not known yet, as soon as it is. Nobody waits for it long.
  async stop() {
    if (this.isUnwanted) return;
    this.showState(words.states.cancelled);
    this.isUnwanted = true;
    if (this.id) this.stopThere();
    // The end comes as an event; where it does not, the answer ends here all the same, and what has no id yet is waited for unseen.
    await sleep(patience);
    if (this.isDone) return;
    if (this.id) {
      this.leave();
      return;
    }
    this.end(words.states.cancelled);
    this.setLeft();
  }

  stopThere() { api.delete(`/chat/${encodeURIComponent(this.id)}`).catch(() => {}); }

  /// It has begun when nobody waited any more; what is asked next goes on from it.
  stopLate(data) {
    this.id = data.turn;
    this.onBegin(data);
    this.stopThere();
    this.leave();
  }

  /// Stops following the turn, which goes on at the server.
  leave() {
    this.isStopped = true;
    this.reading?.abort();
    this.end(words.states.cancelled);
    this.setLeft();
  }

  take({ id, name, data }) {
    if (id) {
      const [turn, number] = [id.slice(0, id.lastIndexOf('.')), Number(id.slice(id.lastIndexOf('.') + 1))];
      if (turn === this.turnOfLast && number <= this.numberOfLast) return;
      this.turnOfLast = turn;
      this.numberOfLast = number;
      this.last = id;
    }
    if (this.isDone) {
      if (this.isUnwanted && !this.id && name === 'turn') this.stopLate(data);
      return;
    }
    if (this.isReconnecting) this.showState(words.working);
    this[`on_${name}`]?.(data);
    if (this.replayedUntil && this.numberOfLast >= this.replayedUntil) this.endReplay();
    this.chat.follow();
  }

  on_turn(data) {
    this.id = data.turn;
    if (this.isUnwanted) this.stopThere();
    this.database = data.database;
    this.chat.context.sawWrites(data.database, data.allowWrites);
    this.onBegin(data);
  }

  on_text({ text }) {
    this.view ??= this.newText();
    this.text += text;
    this.unsaid += text;
    this.view.append(text);
    requestAnimationFrame(() => this.chat.follow());
  }

  newText() {
    const place = h('div', { class: 'markdown' });
    this.body.append(place);
    if (this.text) this.text += '\n\n';
    return new MarkdownView(place);
  }

  on_thinking({ text }) {
    if (!this.thoughts) {
      this.thoughts = h('div', { class: 'thoughts-text' });
      this.body.append(h('details', { class: 'thoughts' }, h('summary', {}, words.thinking), this.thoughts));
      this.view = null;
    }
    this.thoughts.append(visible(text));
  }

  on_tool_call(data) {
    this.view = this.thoughts = null;
    const call = new Call(this, data);
    this.calls.set(data.id, call);
    this.body.append(call.element);
  }

  async on_approval({ call, approval }) {
    const one = this.calls.get(call);
    one?.waits(approval);
    if (this.replayedUntil) this.waiting = approval;
    else this.ask(approval);
  }

  /// What came before the page was loaded has been shown; a question that nobody has answered yet is asked.
  endReplay() {
    this.replayedUntil = 0;
    if (this.waiting) this.ask(this.waiting);
    this.waiting = null;
  }

  async ask(approval) {
    await this.chat.context.approve(approval, this.database);
  }

  async on_approval_answer({ call, id, decision }) {
    this.calls.get(call)?.answered(decision);
    if (this.waiting?.id === id) this.waiting = null;
    const { answered } = await import('./approval.js');
    answered(id);
  }

  on_result(data) {
    this.calls.get(data.call)?.finish(data);
    this.view = null;
  }

  on_usage(data) { this.chat.showUsage(this, data); }

  on_retry({ attempt, delayMs }) { this.note(words.retrying(attempt, delayMs)); }

  on_compacted() { this.note(words.compacted); }

  on_error({ message }) { this.problem = message; }

  on_done({ reason }) {
    this.isDone = this.wasEnded = true;
    if (reason === 'answered') this.end(null);
    else this.end([words.states[reason] ?? words.states.failed, this.problem].filter(Boolean).join(' '));
  }

  note(text) { this.notes.append(h('p', { class: 'muted small' }, visible(text))); }

  showState(text) {
    if (this.isUnwanted) return;
    this.isReconnecting = text === words.reconnecting;
    replace(this.state, h('span', { class: 'spinner', 'aria-hidden': 'true' }), ' ', text);
  }

  /// The turn is over; a text says that the answer is not whole, or why there is none.
  end(text, reloads = false) {
    if (this.hasEnded) return;
    this.isDone = this.hasEnded = true;
    this.isRunning = false;
    this.state.hidden = true;
    this.element.removeAttribute('aria-busy');
    for (const call of this.calls.values()) call.abandon();
    if (text === null) {
      this.speak(true);
      return;
    }
    this.element.classList.add('incomplete');
    this.notes.append(h('div', { class: 'note incomplete-note' }, icon('warn'), h('span', {}, visible(text)),
      this.question ? h('button', { type: 'button', class: 'button small', onclick: () => this.chat.resend(this.question) }, icon('retry'), t.retry) : null,
      reloads && this.chat.id ? h('button', { type: 'button', class: 'button small', onclick: () => this.chat.open(this.chat.id) }, words.reload) : null));
    this.chat.announce(text);
    this.chat.follow();
  }

  /// Says what is new in whole sentences, every few seconds and not with each token.
  speak(all = false) {
    if (this.chat.turn !== this) return;
    const end = all ? this.unsaid.length : Math.max(this.unsaid.lastIndexOf('. '), this.unsaid.lastIndexOf('\n')) + 1;
    const text = this.unsaid.slice(0, end).replace(/[*_`#|>]+/g, ' ').trim();
    this.unsaid = this.unsaid.slice(end);
    if (all) this.chat.announce(`${text} ${words.answered}`);
    else if (text) this.chat.announce(text);
  }
}
