// Signing in: by name and password for a session, or with a token that stays in this tab's memory.
import { h, icon, replace } from './dom.js';
import { api } from './api.js';
import { t } from './strings.js';

/// The form. `onDone(me)` follows a sign-in; `again` says that a session has ended.
export function signInForm({ onDone, again = false, expects = null }) {
  const words = t.signIn;
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const name = h('input', { id: 'sign-in-name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', value: expects ?? '' });
  const password = h('input', { id: 'sign-in-password', name: 'password', type: 'password', autocomplete: 'current-password' });
  const token = h('input', { id: 'sign-in-token', name: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'token-hint' });
  const byPerson = h('input', { type: 'radio', name: 'how', checked: true, onchange: show });
  const byToken = h('input', { type: 'radio', name: 'how', onchange: show });
  const person = h('div', { class: 'sign-in-fields' },
    h('div', { class: 'field' }, h('label', { for: 'sign-in-name' }, words.name), name),
    h('div', { class: 'field' }, h('label', { for: 'sign-in-password' }, words.password), password));
  const byTokenFields = h('div', { class: 'field', hidden: true },
    h('label', { for: 'sign-in-token' }, words.tokenLabel), token,
    h('p', { class: 'hint', id: 'token-hint' }, words.tokenHint));
  const submit = h('button', { class: 'button primary', type: 'submit' }, words.submit);

  function show() {
    person.hidden = byToken.checked;
    byTokenFields.hidden = !byToken.checked;
    problem.hidden = true;
  }

  function fail(text) {
    replace(problem, text);
    problem.hidden = false;
  }

  async function attempt(event) {
    event.preventDefault();
    problem.hidden = true;
    const usesToken = byToken.checked;
    if (usesToken ? !token.value.trim() : !name.value.trim() || !password.value) {
      fail(usesToken ? words.missingToken : words.missing);
      return;
    }
    submit.disabled = true;
    replace(submit, words.busy);
    try {
      const me = usesToken ? await api.signInWith(token.value.trim()) : await api.signIn(name.value.trim(), password.value);
      token.value = password.value = '';
      onDone(me);
    } catch (error) {
      if (error.status === 429) fail(words.limited(error.retryAfter ?? 60));
      else fail(usesToken && error.status === 401 ? words.badToken : error.message);
      (usesToken ? token : password).select();
    } finally {
      submit.disabled = false;
      replace(submit, words.submit);
    }
  }

  return h('form', { onsubmit: attempt, novalidate: true },
    h('span', { class: 'brand' }, icon('database'), t.product),
    h('div', { class: 'field' }, h('h1', {}, words.title), h('p', { class: 'muted' }, again ? words.again : words.lead)),
    h('fieldset', { class: 'choice' }, h('legend', {}, words.how),
      h('label', {}, byPerson, words.person), h('label', {}, byToken, words.token)),
    person, byTokenFields, problem, submit);
}

/// The whole page as a sign-in.
export function signInPage(root, options) {
  replace(root, h('main', { class: 'sign-in' }, h('div', { class: 'card' }, signInForm(options))));
  root.querySelector('#sign-in-name').focus();
}

/// A sign-in over whatever the page shows, so that nothing of it is lost. Resolves with who signed in.
export function signInAgain(expects) {
  return new Promise(resolve => {
    const show = () => {
      dialog.showModal();
      dialog.querySelector(expects ? '#sign-in-password' : '#sign-in-name').focus();
    };
    // A browser closes a dialog at the second Esc whatever the page says; this one is needed.
    const dialog = h('dialog', {
      class: 'narrow sign-in-again', 'aria-label': t.signIn.title,
      oncancel: event => event.preventDefault(), onclose: () => { if (dialog.isConnected) show(); },
    });
    dialog.append(signInForm({
      again: true, expects,
      onDone(me) {
        dialog.close();
        dialog.remove();
        resolve(me);
      },
    }));
    document.body.append(dialog);
    show();
  });
}
