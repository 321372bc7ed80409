import { api } from '../api.js';
import { during, field, form, h } from '../dom.js';
import { depart, provided, providers, spent } from '../provided.js';
import { byPasskey } from '../prove.js';
import { passkeys } from '../webauthn.js';
import { say } from '../words.js';

/**
 * Signs in, by passkey, at a provider of the organisation, or by name, password and
 * code.
 * @param {import('../app.js').Frame} frame
 */
export async function signIn(frame) {
  const error = h('p', { class: 'error', role: 'alert' }, provided.error);
  provided.error = '';
  const done = async () => {
    if (location.hash === '#sign-in') history.replaceState(null, '', '#account');
    await frame.refresh();
  };
  if (provided.ticket && provided.linked) return known(done);
  if (provided.ticket) {
    error.textContent = say('unlinked');
    spent();
  }
  const name = field(say('name'), { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, maxlength: 64 });
  const password = field(say('password'), { name: 'password', type: 'password', autocomplete: 'current-password', required: true, maxlength: 128 });
  const code = field(say('code'), { name: 'code', class: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', required: true, maxlength: 32 }, say('codeHint'));
  const button = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'button',
    onclick: () => during(button, error, async () => { await byPasskey('/sign-in'); await done(); }) }, say('withPasskey')));
  const box = h('section', {}, h('h1', {}, say('signIn')));
  if (passkeys()) box.append(button);
  const others = await providers().catch(() => []); // without them one signs in here
  for (const p of others) box.append(providerButton(p, error, () => (location.hash && location.hash !== '#sign-in' ? location.hash : '#account')));
  box.append(error);
  if (passkeys() || others.length) box.append(h('p', { class: 'or' }, say('or')));
  box.append(form(say('signIn'), async () => {
    await api('/sign-in', { name: name.input.value, password: password.input.value, code: code.input.value });
    await done();
  }, ...name.nodes, ...password.nodes, ...code.nodes));
  return h('div', {}, box, h('p', {}, h('a', { href: '#invitation' }, say('invited'))));
}

/**
 * A button that goes to a provider.
 * @param {{id: string, name: string}} p
 * @param {HTMLElement} error
 * @param {() => string} then
 * @param {string} [label]
 */
export function providerButton(p, error, then, label = 'withProvider') {
  const b = /** @type {HTMLButtonElement} */ (h('button', { class: label === 'withProvider' ? 'main other' : 'small', type: 'button',
    onclick: () => during(b, error, () => depart(p.id, then())) }, `${say(label)} ${p.name}`));
  return b;
}

/**
 * Signs in somebody whom the provider knows and an account is linked to.
 * @param {() => Promise<void>} done
 */
async function known(done) {
  const enter = async (/** @type {string} */ code) => {
    await api('/sign-in', { ticket: provided.ticket, code });
    spent();
    await done();
  };
  if (!provided.code) {
    try {
      await enter('');
      return h('p', { role: 'status' }, say('allowed'));
    } catch (e) {
      spent();
      throw e;
    }
  }
  const code = field(say('code'), { name: 'code', class: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', required: true, maxlength: 32 }, say('codeHint'));
  return h('section', {}, h('h1', {}, say('signIn')), h('p', {}, say('vouched')), form(say('signIn'), () => enter(code.input.value), ...code.nodes));
}
