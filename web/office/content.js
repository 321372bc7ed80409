import { api } from './api.js';
import { h } from './dom.js';
import { language, say } from './words.js';
import './content-words.js';

/**
 * What somebody is asked to agree to.
 * @typedef {object} Content
 * @property {string[][]} lines a key and values each; all of them are shown
 * @property {string} preparedBy pseudonym
 * @property {boolean} hidden there is a part that this person may not see
 */

const domain = 'jate-content-v1\n';

/** @param {string} text */
async function sha256(text) {
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** @param {string} text @returns {string[][]} */
function parse(text) {
  const lines = text.startsWith(domain) ? JSON.parse(text.slice(domain.length)) : null;
  if (!Array.isArray(lines) || !lines.every((l) => Array.isArray(l) && l.length > 0 && l.every((v) => typeof v === 'string'))) throw new Error(say('contentWrong'));
  return lines;
}

/**
 * Reads the content with a digest. The digest is computed here, of the text that is
 * shown: whatever else the server sends is refused.
 * @param {string} digest
 * @returns {Promise<Content>}
 */
export async function read(digest) {
  const c = await api(`/approvals/contents/${digest}`);
  if (await sha256(c.text) !== digest) throw new Error(say('contentWrong'));
  const open = parse(c.text);
  const closed = open.find((l) => l[0] === 'closed')?.[1];
  if (c.closed !== undefined && await sha256(c.closed) !== closed) throw new Error(say('contentWrong'));
  return { lines: [...open, ...(c.closed === undefined ? [] : parse(c.closed))], preparedBy: c.prepared_by, hidden: closed !== undefined && c.closed === undefined };
}

// What is only there so that nobody guesses the rest.
const noise = ['closed', 'salt'];
// What is written in both languages, English first.
const bilingual = ['overlap', 'warning'];

/** @param {string} text a moment, or anything else */
function shown(text) {
  const value = text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD'); // nothing turns the direction of a line, or hides a part of it
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(value)) return value;
  return new Date(value).toLocaleString(language(), { timeZone: 'UTC', dateStyle: 'long', timeStyle: 'short' });
}

/** @param {Content} content */
export function describe(content) {
  const [what = '', id = ''] = [content.lines[0]?.[1], content.lines[1]?.[1]];
  const rows = content.lines.slice(2).filter((l) => !noise.includes(l[0] ?? '')).map(([key = '', ...values]) => {
    const kept = bilingual.includes(key) ? [values[language() === 'fr' ? 1 : 0] ?? values[0] ?? ''] : values;
    return h('li', {}, h('span', { class: 'soft' }, say(`key:${key}`)), h('span', { class: 'what value' }, kept.filter((v) => v !== '').map(shown).join(' · ') || '—'));
  });
  return h('div', { class: 'content' }, h('h2', {}, `${say(`what:${what}`)} ${id}`),
    h('ul', { class: 'rows' }, ...rows, h('li', {}, h('span', { class: 'soft' }, say('preparedBy')), h('span', { class: 'what value' }, content.preparedBy))),
    content.hidden && h('p', { class: 'error' }, say('contentHidden')));
}
