// The SQL editor: a textarea, so that undo, input methods and screen readers work as everywhere, over its own text in colours.
import { h, replace } from './dom.js';
import { t as texts } from './strings.js';
import { highlighted, LONGEST, tokens } from './highlight.js';
import { proposals } from './complete.js';

const t = texts.sql;
let number = 0;

/**
 * Makes an editor.
 *
 * @param {{text: string, database: () => string, onInput: () => void, onRun: () => void, describedBy: string}} options
 */
export function editor(options) {
  const id = `editor-${++number}`;
  const paint = h('pre', { class: 'editor-paint', 'aria-hidden': 'true' });
  const list = h('ul', { class: 'completion', id: `${id}-list`, role: 'listbox', 'aria-label': t.completionList, hidden: true });
  const said = h('div', { class: 'visually-hidden', role: 'status' });
  const area = h('textarea', {
    class: 'editor-text', id, 'aria-label': t.editor, 'aria-describedby': options.describedBy, spellcheck: 'false', autocomplete: 'off',
    autocapitalize: 'off', autocorrect: 'off', placeholder: t.placeholder, 'aria-autocomplete': 'list', rows: '6',
    oninput: event => { changed(); if (!event.isComposing) propose(false); },
    onkeydown: key, onblur: () => closeList(), onclick: () => closeList(),
  });
  area.value = options.text;
  const frame = h('div', { class: 'editor' }, h('div', { class: 'editor-layers' }, paint, area));
  const element = h('div', { class: 'editor-outer' }, frame, list, said);
  frame.addEventListener('scroll', closeList, { passive: true });
  let mark = null, frameAsked = 0, found = null, chosen = -1, turn = 0;

  function draw() {
    frameAsked = 0;
    // The last line break needs something behind it to have a height.
    replace(paint, ...highlighted(area.value, mark), '\n\u200b');
    frame.classList.toggle('editor-plain', area.value.length > LONGEST);
  }
  function changed() {
    mark = null;
    frameAsked ||= requestAnimationFrame(draw);
    options.onInput();
  }

  /** Puts text in the place of the selection, so that undo can take it back. */
  function insert(text, from = area.selectionStart, to = area.selectionEnd) {
    area.focus();
    area.setSelectionRange(from, to);
    // The one way that keeps the undo history of a textarea.
    if (!document.execCommand('insertText', false, text)) {
      area.setRangeText(text, from, to, 'end');
      changed();
    }
  }

  function key(event) {
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === 'Enter') { event.preventDefault(); closeList(); options.onRun(); return; }
    if (event.ctrlKey && event.key === ' ') { event.preventDefault(); propose(true); return; }
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step && !command && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      const last = found.items.length - 1;
      choose(chosen < 0 ? (step > 0 ? 0 : last) : Math.abs(step) > 1 ? Math.max(0, Math.min(last, chosen + step)) : (chosen + step + last + 1) % (last + 1));
    } else if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); closeList(); }
    else if ((event.key === 'Enter' && chosen >= 0) || (event.key === 'Tab' && !event.shiftKey)) { event.preventDefault(); take(Math.max(chosen, 0)); }
    else if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) closeList();
  }

  async function propose(asked) {
    const mine = ++turn, at = area.selectionStart;
    if (at !== area.selectionEnd || area.value.length > LONGEST) return closeList();
    const answer = await proposals(area.value, at, options.database(), asked).catch(() => null);
    if (mine !== turn || document.activeElement !== area || area.selectionStart !== at) return;
    if (!answer || answer.items.length === 0) {
      closeList();
      if (asked) said.textContent = t.completions(0);
      return;
    }
    found = answer;
    chosen = -1;
    replace(list, ...answer.items.map((item, index) => h('li', {
      role: "option", id: `${id}-option-${index}`, "aria-selected": "false", class: `completion-${item.kind}`,
      // Before the textarea loses the focus.
      onpointerdown: event => { event.preventDefault(); take(index); },
    }, h('span', { class: 'completion-name' }, item.label), h('span', { class: 'completion-kind' }, item.about))));
    list.hidden = false;
    area.setAttribute('aria-controls', list.id);
    place(answer.from);
    if (asked) choose(0);
    said.textContent = t.completions(answer.items.length);
  }

  function choose(index) {
    chosen = index;
    [...list.children].forEach((option, at) => option.setAttribute('aria-selected', String(at === index)));
    list.children[index].scrollIntoView({ block: 'nearest' });
    area.setAttribute('aria-activedescendant', `${id}-option-${index}`);
  }

  function take(index) {
    const { from, to, items } = found;
    // Somebody has written on, and the list for that is on its way.
    if (area.selectionStart !== to) return hideList();
    closeList();
    insert(items[index].text, from, to);
    closeList();
  }

  function closeList() {
    turn++;
    hideList();
  }

  function hideList() {
    if (list.hidden) return;
    list.hidden = true;
    said.textContent = '';
    area.removeAttribute('aria-activedescendant');
    area.removeAttribute('aria-controls');
  }

  /** Below the word that is being written: where its first letter is in the coloured text. */
  function place(from) {
    draw();
    const walker = document.createTreeWalker(paint, NodeFilter.SHOW_TEXT);
    let left = from, node = walker.nextNode();
    while (node && left > node.length) { left -= node.length; node = walker.nextNode(); }
    if (!node) return;
    const range = document.createRange();
    range.setStart(node, left);
    range.setEnd(node, Math.min(left + 1, node.length));
    const spot = range.getClientRects()[0] ?? range.getBoundingClientRect(), outer = element.getBoundingClientRect();
    const x = Math.max(0, Math.min(spot.left - outer.left, outer.width - list.offsetWidth));
    list.style.setProperty('inset-inline-start', `${x}px`);
    list.style.setProperty('inset-block-start', `${spot.bottom - outer.top + 4}px`);
  }

  draw();
  return {
    element, area, insert,
    get text() { return area.value; },
    set text(value) { area.focus(); insert(value, 0, area.value.length); },
    get selection() { return area.value.slice(area.selectionStart, area.selectionEnd); },
    /** Underlines a place: to the end of the token that stands there. */
    markAt(index) {
      const token = index === null ? null : tokens(area.value).find(token => token.end > index);
      mark = token ? { start: index, end: token.end } : null;
      draw();
    },
    show(index) {
      area.focus();
      area.setSelectionRange(index, tokens(area.value).find(token => token.end > index)?.end ?? index);
      paint.querySelector('.tok-marked')?.scrollIntoView({ block: 'nearest' });
    },
    end() { cancelAnimationFrame(frameAsked); turn++; },
  };
}
