import { api } from '../api.js';
import { during, field, form, h } from '../dom.js';
import { byPasskey } from '../prove.js';
import { passkeys } from '../webauthn.js';
import { say } from '../words.js';

/**
 * Signs in, by passkey or by name, password and code.
 * @param {import('../app.js').Frame} frame
 */
export function signIn(frame) {
  const error = h('p', { class: 'error', role: 'alert' });
  const name = field(say('name'), { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, maxlength: 64 });
  const password = field(say('password'), { name: 'password', type: 'password', autocomplete: 'current-password', required: true, maxlength: 128 });
  const code = field(say('code'), { name: 'code', class: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', required: true, maxlength: 32 }, say('codeHint'));
  const done = async () => {
    if (location.hash === '#sign-in') history.replaceState(null, '', '#account');
    await frame.refresh();
  };
  const button = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'button',
    onclick: () => during(button, error, async () => { await byPasskey('/sign-in'); await done(); }) }, say('withPasskey')));
  const box = h('section', {}, h('h1', {}, say('signIn')));
  if (passkeys()) box.append(button, error, h('p', { class: 'or' }, say('or')));
  box.append(form(say('signIn'), async () => {
    await api('/sign-in', { name: name.input.value, password: password.input.value, code: code.input.value });
    await done();
  }, ...name.nodes, ...password.nodes, ...code.nodes));
  return h('div', {}, box, h('p', {}, h('a', { href: '#invitation' }, say('invited'))));
}
