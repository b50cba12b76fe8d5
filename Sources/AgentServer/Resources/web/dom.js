// Elements without HTML text: whatever comes from a model, a database or a person only ever becomes a text node.

import { t } from './strings.js';

const svgSpace = 'http://www.w3.org/2000/svg';
const properties = new Set(['value', 'checked', 'disabled', 'selected', 'open', 'hidden', 'indeterminate', 'readOnly', 'tabIndex']);
// Attributes that load, run or style. A caller that wants one of them is mistaken.
const refused = new Set(['style', 'srcdoc', 'src', 'action', 'formaction', 'xlink:href']);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) {
      if (typeof value !== 'function') throw new TypeError(name);
      element.addEventListener(name.slice(2).toLowerCase(), value);
    } else if (name === 'class') {
      element.setAttribute('class', value);
    } else if (name === 'href') {
      const href = safeHref(value);
      if (href) element.setAttribute('href', href);
    } else if (refused.has(name.toLowerCase())) {
      throw new TypeError(name);
    } else if (properties.has(name)) {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false)
    .map(child => child instanceof Node ? child : document.createTextNode(String(child)));
}

/// An element: `h('p', { class: 'note', onclick: event => … }, 'text', otherElement)`.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/// An element of SVG.
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(svgSpace, tag), attributes, children);
}

/// Puts children in the place of all that a parent has.
export function replace(parent, ...children) {
  parent.replaceChildren(...nodes(children));
  return parent;
}

/// An address that may stand in a link: http, https, or a place within this page; otherwise null. One with a name before the host
/// is none: `one host@evil.example` is read as what it is not.
export function safeHref(text) {
  const trimmed = String(text);
  if (trimmed.startsWith('#/')) return trimmed;
  if (!/^https?:\/\//i.test(trimmed)) return null;
  try {
    const url = new URL(trimmed);
    if (url.username || url.password) return null;
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|[\ud800-\udfff]/gu;

const codePoint = character => '\u27e8U+' + character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + '\u27e9';

/// The text with what cannot be seen, or what turns the direction of writing, as `⟨U+202E⟩`. Tabs and line feeds stay; a joiner
/// stays between letters that are not ASCII, where scripts and emoji need it. Of marks that are put on one letter the fifth and all
/// further ones are shown so too: a tower of them covers the lines around it.
export function visible(text) {
  const whole = String(text);
  return whole.replace(unseen, (character, at) => {
    const code = character.codePointAt(0);
    const joins = code === 0x200c || code === 0x200d;
    if (joins && whole.charCodeAt(at - 1) > 0x7f && whole.charCodeAt(at + 1) > 0x7f) return character;
    return codePoint(character);
  }).replace(/(\p{M}{4})(\p{M}+)/gu, (_, marks, more) => marks + [...more].map(codePoint).join(''));
}

const icons = {
  send: 'M4 12 20 4l-5 16-3.500-6.500z', stop: 'M6 6h12v12H6z', copy: 'M9 9h10v11H9zM5 15V4h10', plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18', menu: 'M4 7h16M4 12h16M4 17h16', more: 'M5 12h.01M12 12h.01M19 12h.01', check: 'M5 12.500 10 17.500 19 7',
  down: 'M6 9l6 6 6-6', retry: 'M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5', edit: 'M5 19l1-4L16 5l3 3L9 18z', warn: 'M12 4 2.500 20h19zM12 10v5M12 17.500v.01',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13', search: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13M15.500 15.500 20 20',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14', database: 'M5 6.500C5 5 8 4 12 4s7 1 7 2.500S16 9 12 9 5 8 5 6.500v11C5 19 8 20 12 20s7-1 7-2.500v-11M5 12c0 1.500 3 2.500 7 2.500s7-1 7-2.500',
  table: 'M4 5h16v14H4zM4 10h16M10 5v14', chart: 'M4 20h16M7 20v-7M12 20V6M17 20v-10', expand: 'M9 5H5v4M15 5h4v4M9 19H5v-4M15 19h4v-4',
};

/// A drawing beside a text; it says nothing by itself.
export function icon(name) {
  return s('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' }, s('path', { d: icons[name] }));
}

/// A button with a drawing; `label` is read aloud and shown as its tool tip.
export function iconButton(name, label, onclick, attributes = {}) {
  return h('button', { type: 'button', class: 'icon-button', 'aria-label': label, title: label, onclick, ...attributes }, icon(name));
}

/// Copies a text; whether it worked.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain HTTP off this machine has no clipboard of its own.
    const area = h('textarea', { class: 'visually-hidden', value: text, 'aria-hidden': 'true' });
    const host = document.querySelector('dialog[open]') ?? document.body;
    host.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/// Hands a file to the person.
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/// Asks a small question in a dialog. Resolves with true, or with the text where `label` asks for one; null when dismissed.
export function ask({ title, text = null, label = null, value = '', ok, isDanger = false }) {
  return new Promise(resolve => {
    let answer = null;
    const input = label ? h('input', { id: 'ask-input', value, maxlength: 200, autocomplete: 'off' }) : null;
    const no = h('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, t.cancel);
    const dialog = h('dialog', { class: 'narrow', 'aria-labelledby': 'ask-title', onclose: () => { dialog.remove(); resolve(answer); } },
      h('form', { onsubmit: event => {
        event.preventDefault();
        answer = input ? input.value : true;
        dialog.close();
      } },
        h('div', { class: 'dialog-head' }, h('h2', { id: 'ask-title' }, title)),
        h('div', { class: 'dialog-body' }, text ? h('p', {}, visible(text)) : null,
          input ? h('div', { class: 'field' }, h('label', { for: 'ask-input' }, label), input) : null),
        h('div', { class: 'dialog-foot' }, no, h('button', { type: 'submit', class: `button ${isDanger ? 'danger' : 'primary'}` }, ok))));
    document.body.append(dialog);
    dialog.showModal();
    (input ?? no).focus();
    input?.select();
  });
}
