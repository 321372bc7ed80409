import { api, Refused } from './api.js';
import { during, field, form, h } from './dom.js';
import { depart, providers } from './provided.js';
import { say } from './words.js';
import { get, passkeys } from './webauthn.js';

/**
 * Does something, and where the server wants a fresh proof of who it is, asks for
 * one and does it again.
 * @template T
 * @param {any} me
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function proving(me, act) {
  try {
    return await act();
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== 'step_up_required') throw e;
  }
  await prove(me);
  return act();
}

/**
 * Asks for a factor again.
 * @param {any} me
 * @returns {Promise<void>}
 */
export function prove(me) {
  return new Promise((resolve, reject) => {
    const has = (/** @type {string} */ kind) => me.factors.some((/** @type {any} */ f) => f.kind === kind);
    const error = h('p', { class: 'error', role: 'alert' });
    const dialog = /** @type {HTMLDialogElement} */ (h('dialog', {
      'aria-labelledby': 'prove-title',
      oncancel: () => { dialog.remove(); reject(new Error(say('passkeyStopped'))); },
    }, h('h2', { id: 'prove-title' }, say('proveTitle')), h('p', {}, say('proveWhy'))));
    const done = () => { dialog.close(); dialog.remove(); resolve(); };
    if (has('passkey') && passkeys()) {
      const button = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'button',
        onclick: () => during(button, error, async () => { await byPasskey('/me/proof'); done(); }) }, say('withPasskey')));
      dialog.append(button, error);
    }
    if (has('password') && has('totp')) {
      if (has('passkey')) dialog.append(h('p', { class: 'or' }, say('or')));
      const password = field(say('password'), { name: 'proof-password', type: 'password', autocomplete: 'current-password', required: true });
      const code = field(say('code'), { name: 'proof-code', class: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', required: true }, say('codeHint'));
      dialog.append(form(say('prove'), async () => {
        await api('/me/proof', { password: password.input.value, code: code.input.value });
        done();
      }, ...password.nodes, ...code.nodes));
    }
    const linked = me.factors.filter((/** @type {any} */ f) => f.kind === 'identity').map((/** @type {any} */ f) => f.id.slice('identity-'.length));
    if (linked.length && !has('passkey') && !has('password')) {
      dialog.append(error);
      void providers().then((all) => {
        for (const p of all.filter((one) => linked.includes(one.id))) {
          const b = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'button',
            onclick: () => during(b, error, () => depart(p.id, `#account?${new URLSearchParams({ prove: '', then: location.hash })}`)) }, `${say('proveAt')} ${p.name}`));
          error.before(b);
        }
      }).catch(() => undefined);
    }
    dialog.append(h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'small',
      onclick: () => { dialog.close(); dialog.remove(); reject(new Error(say('passkeyStopped'))); } }, say('cancel'))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Answers a challenge with a passkey.
 * @param {string} path that the answer goes to
 */
export async function byPasskey(path) {
  const challenge = await api('/sign-in/challenge', {});
  return api(path, { ceremony: challenge.ceremony, passkey: await get(challenge.passkey) });
}
