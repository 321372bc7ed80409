import { api } from '../api.js';
import { field, form, h } from '../dom.js';
import { say } from '../words.js';
import { get } from '../webauthn.js';

/**
 * Agrees to content with a passkey, by the digest under which it was shown. Whoever
 * prepared it and the command that approves show the same one.
 * @param {import('../app.js').Frame} frame
 */
export function approve(frame) {
  const digest = field(say('digest'), { name: 'digest', class: 'code', required: true, pattern: '[0-9a-f]{64}', maxlength: 64, autocomplete: 'off',
    autocapitalize: 'none', spellcheck: 'false', value: frame.query.get('digest') ?? '' }, say('digestHint'));
  const box = h('section', {}, h('h1', {}, say('approveTitle')), h('p', { class: 'notice' }, say('approveWarning')));
  box.append(form(say('approve'), async () => {
    const content = digest.input.value;
    const begun = await api('/approvals/challenges', { digest: content });
    const record = await api('/approvals/assertions', { digest: content, nonce: begun.nonce, passkey: await get(begun.passkey) });
    box.replaceChildren(h('h1', {}, say('approveTitle')), h('p', { role: 'status' }, say('approved')), h('p', { class: 'code' }, record.hash));
  }, ...digest.nodes));
  return box;
}
