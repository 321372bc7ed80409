import { api } from '../api.js';
import { describe, read } from '../content.js';
import { field, form, h } from '../dom.js';
import { say } from '../words.js';
import { get } from '../webauthn.js';

/**
 * Shows content in words, and has a passkey agree to exactly that. It is found by
 * the digest that whoever prepared it, and the command that approves, show.
 * @param {import('../app.js').Frame} frame
 */
export async function approve(frame) {
  const wanted = frame.query.get('digest') ?? '';
  const box = h('section', {}, h('h1', {}, say('approveTitle')));
  if (!/^[0-9a-f]{64}$/.test(wanted)) {
    const digest = field(say('digest'), { name: 'digest', class: 'code', required: true, pattern: '[0-9a-f]{64}', maxlength: 64, autocomplete: 'off',
      autocapitalize: 'none', spellcheck: 'false' }, say('digestHint'));
    box.append(form(say('next'), async () => frame.go(`#approve?digest=${digest.input.value}`), ...digest.nodes));
    return box;
  }
  const content = await read(wanted);
  box.append(describe(content), h('p', { class: 'notice' }, say('approveWarning')));
  if (content.hidden) return box;
  box.append(form(say('approve'), async () => {
    const begun = await api('/approvals/challenges', { digest: wanted });
    const record = await api('/approvals/assertions', { digest: wanted, nonce: begun.nonce, passkey: await get(begun.passkey) });
    box.replaceChildren(h('h1', {}, say('approveTitle')), describe(content), h('p', { role: 'status' }, say('approved')), h('p', {}, h('code', {}, record.hash)));
  }));
  return box;
}
