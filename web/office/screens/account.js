import { api } from '../api.js';
import { during, field, form, h, qr } from '../dom.js';
import { provided, providers, spent } from '../provided.js';
import { byPasskey, proving } from '../prove.js';
import { create, passkeys } from '../webauthn.js';
import { say, when } from '../words.js';
import { providerButton } from './sign-in.js';

/**
 * Recovery codes, shown once.
 * @param {string[]} codes
 * @param {() => void} done
 */
export function recoveryCodes(codes, done) {
  return h('section', {}, h('h1', {}, say('codesTitle')), h('p', {}, say('codesWhy')), h('ul', { class: 'codes' }, ...codes.map((c) => h('li', {}, c))),
    h('button', { class: 'main', type: 'button', onclick: done }, say('written')));
}

/**
 * The own account: what happened, roles, factors, sessions.
 * @param {import('../app.js').Frame} frame
 */
export async function account(frame) {
  const { me } = frame;
  if (provided.ticket && frame.query.has('prove')) return proof(frame);
  const others = await providers().catch(() => []);
  const sessions = (await api('/me/sessions')).items;
  const error = h('p', { class: 'error', role: 'alert' });
  const box = h('div', {}, h('h1', {}, say('account')), h('p', { class: 'soft' }, `${me.name} · ${me.organisation}`), error);
  /**
   * A button that does something and shows the account anew.
   * @param {string} label
   * @param {() => Promise<unknown>} act
   */
  const does = (label, act, css = 'small') => {
    const b = /** @type {HTMLButtonElement} */ (h('button', { type: 'button', class: css,
      onclick: () => during(b, error, async () => { await proving(me, act); await frame.refresh(); }) }, label));
    return b;
  };
  if (provided.ticket && frame.query.has('link')) {
    const ticket = provided.ticket;
    spent();
    history.replaceState(null, '', '#account');
    await during(/** @type {HTMLButtonElement} */ (h('button')), error, async () => {
      await proving(me, () => api('/me/factors', { ticket }));
      await frame.refresh();
    });
    if (!error.textContent) return box;
  }
  if (me.needs_passkey) {
    box.append(h('div', { class: 'notice', role: 'status' }, h('p', {}, say('needsPasskey')),
      me.factors.some((/** @type {any} */ f) => f.kind === 'passkey') ? does(say('usePasskey'), () => byPasskey('/me/proof')) : null));
  }
  if (me.recovery) box.append(h('div', { class: 'notice', role: 'alert' }, h('p', {}, say('recoveryAsked')), does(say('refuse'), () => api('/me/recovery/refusal', {}))));
  if (me.notices.length) {
    box.append(h('div', { class: 'notice', role: 'status' }, h('h2', {}, say('notices')),
      ...me.notices.map((/** @type {any} */ n) => h('p', {}, `${when(n.at)} — ${say(n.what)}`))));
  }
  const roles = Object.entries(me.roles);
  box.append(h('section', {}, h('h2', {}, say('roles')), roles.length
    ? h('ul', { class: 'rows' }, ...roles.map(([p, rs]) => h('li', {}, h('span', { class: 'what' }, p), h('span', { class: 'soft' }, /** @type {string[]} */ (rs).join(', ')))))
    : h('p', { class: 'soft' }, say('noRoles'))));
  box.append(factors(frame, does, others), h('section', {}, h('h2', {}, say('sessions')),
    h('ul', { class: 'rows' }, ...sessions.map((/** @type {any} */ s) => h('li', {},
      h('span', { class: 'what' }, say(s.program ? 'program' : 'browser'), s.id === me.session.id ? ` (${say('thisOne')})` : '',
        h('br'), h('span', { class: 'soft' }, `${say('lastUsed')} ${when(s.seen)}`)),
      s.id === me.session.id ? null : does(say('end'), () => api(`/me/sessions/${encodeURIComponent(s.id)}/end`, {}))))),
    sessions.length > 1 ? h('div', { class: 'buttons' }, does(say('endOthers'), () => api('/me/sessions/others/end', {}))) : null));
  return box;
}

/**
 * Proves again who one is with what a provider vouched for, and goes on.
 * @param {import('../app.js').Frame} frame
 */
function proof(frame) {
  const go = async (/** @type {string} */ code) => {
    await api('/me/proof', { ticket: provided.ticket, code });
    spent();
    history.replaceState(null, '', frame.query.get('then') || '#account');
    await frame.refresh();
  };
  const code = field(say('code'), { name: 'code', class: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', required: true, maxlength: 32 }, say('codeHint'));
  return h('section', {}, h('h1', {}, say('proveTitle')), h('p', {}, say(provided.code ? 'vouched' : 'vouchedWhole')),
    form(say('prove'), () => go(provided.code ? code.input.value : ''), ...(provided.code ? code.nodes : [])));
}

/**
 * The factors, and how to add some.
 * @param {import('../app.js').Frame} frame
 * @param {(label: string, act: () => Promise<unknown>, css?: string) => HTMLElement} does
 * @param {{id: string, name: string}[]} others providers of the organisation
 */
function factors(frame, does, others) {
  const { me } = frame;
  const error = h('p', { class: 'error', role: 'alert' });
  const more = h('div');
  const box = h('section', {}, h('h2', {}, say('factors')), h('ul', { class: 'rows' }, ...me.factors.map((/** @type {any} */ f) => h('li', {},
    h('span', { class: 'what' }, say(f.kind), f.left === undefined ? '' : ` (${f.left} ${say('left')})`, h('br'),
      h('span', { class: 'soft' }, f.used ? `${say('lastUsed')} ${when(f.used)}` : say('neverUsed'))),
    does(say('remove'), () => api(`/me/factors/${encodeURIComponent(f.id)}/removal`, {}))))));
  /**
   * @param {string} label
   * @param {() => Promise<void>} act
   */
  const adds = (label, act) => {
    const b = /** @type {HTMLButtonElement} */ (h('button', { type: 'button', class: 'small', onclick: () => during(b, error, act) }, label));
    return b;
  };
  box.append(h('div', { class: 'buttons' },
    passkeys() ? adds(say('addPasskey'), async () => {
      const offer = await proving(me, () => api('/me/factors/offer', {}));
      await api('/me/factors', { ceremony: offer.ceremony, passkey: await create(offer.passkey) });
      await frame.refresh();
    }) : null,
    adds(say('addTOTP'), async () => {
      const offer = await proving(me, () => api('/me/factors/offer', {}));
      const code = field(say('code'), { name: 'totp', class: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', required: true, maxlength: 8 });
      more.replaceChildren(form(say('save'), async () => {
        await api('/me/factors', { ceremony: offer.ceremony, totp: code.input.value });
        await frame.refresh();
      }, h('p', {}, say('scan')), qr(offer.totp_qr, say('scan')), h('p', { class: 'hint' }, `${say('secret')} `, h('code', {}, offer.totp_secret)), ...code.nodes));
    }),
    adds(say('setPassword'), async () => {
      const password = field(say('newPassword'), { name: 'password', type: 'password', autocomplete: 'new-password', required: true, minlength: 12, maxlength: 128 }, say('passwordHint'));
      more.replaceChildren(form(say('save'), async () => {
        await proving(me, () => api('/me/factors', { password: password.input.value }));
        await frame.refresh();
      }, ...password.nodes));
    }),
    adds(say('newCodes'), async () => {
      const got = await proving(me, () => api('/me/factors', { recovery_codes: true }));
      more.replaceChildren(recoveryCodes(got.recovery_codes, () => void frame.refresh()));
    }),
    ...others.filter((p) => !me.factors.some((/** @type {any} */ f) => f.id === `identity-${p.id}`))
      .map((p) => providerButton(p, error, () => '#account?link', 'linkProvider'))), error, more);
  return box;
}
