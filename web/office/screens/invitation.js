import { api } from '../api.js';
import { during, field, form, h, qr } from '../dom.js';
import { provided, providers, spent } from '../provided.js';
import { create, passkeys } from '../webauthn.js';
import { say, speak } from '../words.js';
import { recoveryCodes } from './account.js';
import { providerButton } from './sign-in.js';

/**
 * Accepts an invitation: its code, a name, and a factor.
 * @param {import('../app.js').Frame} frame
 */
export function invitation(frame) {
  const box = h('div');
  const code = field(say('invitationCode'), { name: 'invitation', class: 'code', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false',
    required: true, maxlength: 64, value: frame.query.get('code') ?? '' });
  if (provided.ticket) return returned(frame);
  box.append(h('section', {}, h('h1', {}, say('invitation')), form(say('next'), async () => {
    const opened = await api('/invitations/opening', { code: code.input.value });
    // The code leaves the address bar and the history.
    history.replaceState(null, '', '#invitation');
    if (!frame.query.get('code') || opened.language === 'fr') speak(opened.language);
    box.replaceChildren(await who(frame, code.input.value, opened));
  }, ...code.nodes)));
  return box;
}

/**
 * Goes on with what a provider vouched for.
 * @param {import('../app.js').Frame} frame
 */
async function returned(frame) {
  const code = frame.query.get('code') ?? '';
  const name = frame.query.get('name') ?? '';
  history.replaceState(null, '', '#invitation');
  return how(frame, code, name, frame.query.get('programme') ?? '', await api('/invitations/opening', { code, name }));
}

/**
 * Asks for what one will be called.
 * @param {import('../app.js').Frame} frame
 * @param {string} code
 * @param {any} opened
 */
async function who(frame, code, opened) {
  const box = h('div');
  const head = [h('h1', {}, say('welcome')), h('p', {}, opened.recovers ? say('recovers') : `${say('from')} ${opened.organisation}.`)];
  if (opened.recovers) {
    box.append(h('section', {}, ...head), await how(frame, code, opened.name, '', opened));
    return box;
  }
  const name = field(say('name'), { name: 'name', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, maxlength: 64 }, say('nameHint'));
  const programme = field(say('programme'), { name: 'programme', autocomplete: 'off', autocapitalize: 'none', required: opened.first, maxlength: 64 }, say('programmeHint'));
  box.append(h('section', {}, ...head, form(say('next'), async () => {
    const again = await api('/invitations/opening', { code, name: name.input.value });
    box.replaceChildren(await how(frame, code, name.input.value, programme.input.value, again));
  }, ...name.nodes, ...(opened.first ? programme.nodes : []))));
  return box;
}

/**
 * Asks for a factor.
 * @param {import('../app.js').Frame} frame
 * @param {string} code
 * @param {string} name
 * @param {string} programme
 * @param {any} opened
 */
async function how(frame, code, name, programme, opened) {
  const box = h('div');
  const error = h('p', { class: 'error', role: 'alert' });
  let offer = opened.offer;
  /** @param {object} factor */
  const accept = async (factor) => {
    try {
      const got = await api('/invitations/acceptance', { code, name, programme, ceremony: offer.ceremony, ...factor });
      spent();
      box.replaceChildren(recoveryCodes(got.recovery_codes, () => frame.go('#account')));
    } catch (e) {
      // An offer is good once: another one for the next try, if the code still is.
      offer = (await api('/invitations/opening', { code, name }).catch(() => ({ offer }))).offer;
      draw();
      throw e;
    }
  };
  const button = /** @type {HTMLButtonElement} */ (h('button', { class: 'main', type: 'button',
    onclick: () => during(button, error, async () => accept({ passkey: await create(offer.passkey) })) }, say('makePasskey')));
  const scan = h('div');
  const draw = () => scan.replaceChildren(h('p', {}, say('scan')), qr(offer.totp_qr, say('scan')), h('p', { class: 'hint' }, `${say('secret')} `, h('code', {}, offer.totp_secret)));
  draw();
  const user = h('input', { type: 'text', name: 'username', autocomplete: 'username', value: name, hidden: true });
  const password = field(say('newPassword'), { name: 'password', type: 'password', autocomplete: 'new-password', required: true, minlength: 12, maxlength: 128 }, say('passwordHint'));
  const totp = field(say('code'), { name: 'totp', class: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 8 });
  if (provided.ticket) {
    const ticket = provided.ticket;
    box.append(h('section', {}, h('h1', {}, say('factor')), h('p', {}, say(provided.code ? 'vouched' : 'vouchedWhole')),
      form(say('next'), () => accept({ ticket, totp: totp.input.value }), ...(provided.code ? [scan, ...totp.nodes] : []))));
    return box;
  }
  const others = await providers().catch(() => []);
  const elsewhere = h('p', { class: 'error', role: 'alert' });
  const then = () => `#invitation?${new URLSearchParams({ code, name, programme })}`;
  box.append(
    h('section', {}, h('h1', {}, say('factor')), h('p', {}, passkeys() ? say('passkeyWhy') : say('noPasskeys')), passkeys() ? button : null, error),
    h('section', {}, h('h2', {}, say('usePassword')), h('p', {}, say('passwordWhy')),
      form(say('usePassword'), () => accept({ password: password.input.value, totp: totp.input.value }), user, ...password.nodes, scan, ...totp.nodes)),
  );
  if (others.length) {
    box.append(h('section', {}, h('h2', {}, say('useProvider')), h('p', {}, say('useProviderWhy')),
      h('div', { class: 'buttons' }, ...others.map((p) => providerButton(p, elsewhere, then))), elsewhere));
  }
  return box;
}
