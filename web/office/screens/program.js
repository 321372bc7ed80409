import { api, chosen } from '../api.js';
import { field, form, h } from '../dom.js';
import { proving } from '../prove.js';
import { say } from '../words.js';

/**
 * Which programme a program is to act for.
 * @param {any} me
 * @param {string} asked
 */
function which(me, asked) {
  const programmes = Object.keys(me.roles);
  const select = /** @type {HTMLSelectElement} */ (h('select', { id: 'f-programme', name: 'programme' },
    ...programmes.map((p) => h('option', { value: p, selected: p === (asked || chosen.programme) }, p))));
  const nodes = programmes.length > 1 ? [h('label', { for: 'f-programme' }, say('programme')), select] : [];
  return { nodes, value: () => (programmes.length > 1 ? select.value : asked || programmes[0] || '') };
}

/**
 * Lets a program in that shows a code.
 * @param {import('../app.js').Frame} frame
 */
export function device(frame) {
  const programme = which(frame.me, '');
  const code = field(say('deviceCode'), { name: 'user-code', class: 'code', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', required: true, maxlength: 9 });
  const box = h('section', {}, h('h1', {}, say('deviceTitle')), h('p', { class: 'notice' }, say('deviceWarning')));
  box.append(form(say('allow'), async () => {
    await proving(frame.me, () => api('/me/programs', { user_code: code.input.value, programme: programme.value() }));
    box.replaceChildren(h('h1', {}, say('deviceTitle')), h('p', { role: 'status' }, say('allowed')));
  }, ...code.nodes, ...programme.nodes));
  return box;
}

/**
 * Lets a program in that listens on this machine.
 * @param {import('../app.js').Frame} frame
 */
export function program(frame) {
  const q = frame.query;
  const programme = which(frame.me, q.get('programme') ?? '');
  return h('section', {}, h('h1', {}, say('deviceTitle')), h('p', {}, say('programWhy')), form(say('allow'), async () => {
    const to = await proving(frame.me, () => api('/me/programs', {
      redirect_uri: q.get('redirect_uri') ?? '', state: q.get('state') ?? '', code_challenge: q.get('code_challenge') ?? '', programme: programme.value() }));
    location.assign(to.redirect);
  }, ...programme.nodes));
}
