// The server's API. The proof against cross-site requests and a token live in this module's memory and nowhere else.
import { t } from './strings.js';

const root = '/api/v1';
/// The server says something at least every 15 s while a stream is open: where nothing comes for so long, the connection is dead.
const silence = 45000;
let csrfToken = null;
let token = null;
let person = null;

/// What the server answers when something is wrong (RFC 9457).
export class Problem extends Error {
  constructor(status, members, retryAfter) {
    super(members.detail || members.title || `HTTP ${status}`);
    this.status = status;
    this.code = members.code ?? `http-${status}`;
    this.title = members.title ?? '';
    this.detail = members.detail ?? '';
    this.members = members;
    this.retryAfter = retryAfter;
  }
}

const unreachable = () => new Problem(0, { code: 'unreachable', detail: t.unreachable });

/// What a browser says of a network that fails is in its own words: here it is a problem like every other, but who stops has stopped.
async function overNetwork(work) {
  try {
    return await work();
  } catch (error) {
    throw error.name === 'AbortError' ? error : unreachable();
  }
}

/// JSON with every digit: a number that JavaScript would round stays what was written, where the browser can keep it.
function parsed(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) => typeof value === 'number' && context?.source?.length > 15 && String(value) !== context.source
    ? JSON.rawJSON(context.source) : value);
}

/// The proof goes with every request, reading ones too: the server refuses it when somebody else has signed in since.
function fields(extra, asksWho) {
  const all = { Accept: 'application/json', ...extra };
  if (token) all.Authorization = `Bearer ${token}`;
  else if (csrfToken && !asksWho) all['X-CSRF-Token'] = csrfToken;
  return all;
}

async function send(method, path, body, { signal, headers, isRepeated, asksWho } = {}) {
  const options = {
    method, signal, cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
    credentials: token ? 'omit' : 'same-origin', headers: fields(headers, asksWho),
  };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const response = await overNetwork(() => fetch(path.startsWith(root + '/') ? path : root + path, options));
  if (response.ok) return response;
  const members = await response.json().catch(() => ({}));
  const problem = new Problem(response.status, members, Number(response.headers.get('Retry-After')) || null);
  if (response.status === 401 && !path.endsWith('/login')) window.dispatchEvent(new CustomEvent('signedout', { detail: problem }));
  // Refused before anything was done, so it may be sent again.
  if (problem.code === 'csrf' && !isRepeated && await renewed(problem)) return send(method, path, body, { signal, headers, isRepeated: true });
  throw problem;
}

/// Another tab signed in anew, which took the place of the session that this one has a proof of. Whether there is a new proof, of
/// the same person: what somebody wrote is never sent as somebody else.
async function renewed(problem) {
  if (token || person === null) return false;
  const me = await whoIsThere().catch(() => null);
  if (me && me.id !== person) window.dispatchEvent(new CustomEvent('signedout', { detail: problem }));
  if (!me?.csrfToken || me.id !== person) return false;
  csrfToken = me.csrfToken;
  return true;
}

/// Who the server takes this browser for, whoever that was before.
const whoIsThere = () => json('GET', '/me', undefined, { asksWho: true });

/// Keeps who it is.
function known(me) {
  person = me.id;
  csrfToken = me.csrfToken ?? null;
  return me;
}

async function json(method, path, body, options) {
  const response = await send(method, path, body, options);
  return response.status === 204 ? null : overNetwork(async () => parsed(await response.text()));
}

export const api = {
  get: (path, options) => json('GET', path, undefined, options),
  post: (path, body, options) => json('POST', path, body, options),
  patch: (path, body, options) => json('PATCH', path, body, options),
  delete: (path, options) => json('DELETE', path, undefined, options),

  /// The answer as a text, for files.
  async text(path, options) {
    const response = await send('GET', path, undefined, { headers: { Accept: '*/*' }, ...options });
    return overNetwork(() => response.text());
  },

  /// Who is signed in here, or null. Keeps the proof that the session's requests need.
  async session() {
    const { caller } = await json('GET', '/session', undefined, { asksWho: true });
    return caller && known(caller);
  },
  /// The id of who asks, or null before that is known.
  get person() { return person; },
  async signIn(name, password) {
    token = null;
    return known(await json('POST', '/login', { name, password }));
  },
  /// A token is kept until the page is closed or loaded again.
  async signInWith(text) {
    token = text;
    try {
      return known(await whoIsThere());
    } catch (error) {
      token = null;
      throw error;
    }
  },
  async signOut() {
    // Where it fails the session goes on, and needs its proof.
    if (!token) await json('POST', '/logout', {});
    token = csrfToken = person = null;
  },

  /// Events of a stream, in order: `onEvent({ id, name, data })`. Resolves when the stream ends, which need not be the end of what
  /// it tells of. `lastEventID` goes on after an event. What has the same `key` is done once: a browser sends a request again by
  /// itself where the connection broke before the answer.
  async stream(path, body, onEvent, { signal, lastEventID, key } = {}) {
    const headers = { Accept: 'text/event-stream' };
    if (key) headers['Idempotency-Key'] = key;
    if (lastEventID) headers['Last-Event-ID'] = lastEventID;
    const response = await send('POST', path, body, { signal, headers });
    const events = new EventReader(onEvent);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let watch, isSilent = false;
    const end = () => {
      isSilent = true;
      reader.cancel().catch(() => {});
    };
    try {
      for (;;) {
        watch = setTimeout(end, silence);
        const { value, done } = await overNetwork(() => reader.read());
        clearTimeout(watch);
        if (isSilent) throw unreachable();
        if (done) return;
        events.take(value);
      }
    } finally {
      clearTimeout(watch);
      reader.cancel().catch(() => {});
    }
  },
};

/// Reads server-sent events (HTML, section 9.2) from pieces of text.
export class EventReader {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.rest = '';
    this.clear();
  }

  clear() {
    this.data = [];
    this.name = 'message';
  }

  take(piece) {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === '') {
      if (this.data.length > 0) this.onEvent({ id: this.id, name: this.name, data: parsed(this.data.join('\n')) });
      this.clear();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.name = value;
    else if (name === 'id') this.id = value;
  }
}
