import { language, say } from './words.js';

/** A refusal of the server, in the user's language. */
export class Refused extends Error {
  /** @param {string} title @param {string} code @param {number} status */
  constructor(title, code, status) {
    super(title);
    this.code = code;
    this.status = status;
  }
}

/** The programme that requests are for; the server knows it where there is one alone. */
export const chosen = { programme: '' };

/**
 * Asks the server, or gives it a command. The session is a cookie that no script
 * sees; who the page is from is said by the browser.
 * @param {string} path
 * @param {object} [body] makes it a command
 * @returns {Promise<any>}
 */
export async function api(path, body) {
  /** @type {Record<string, string>} */
  const headers = { 'Accept-Language': language(), Accept: 'application/json' };
  if (chosen.programme) headers['Jate-Programme'] = chosen.programme;
  /** @type {RequestInit} */
  const init = { headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  if (body) {
    headers['Content-Type'] = 'application/json';
    headers['Idempotency-Key'] = crypto.randomUUID();
    init.method = 'POST';
    init.body = JSON.stringify(body);
  }
  let res;
  try {
    res = await fetch(`/api/v1${path}`, init);
  } catch {
    throw new Refused(say('offline'), 'offline', 0);
  }
  const answer = await res.json().catch(() => ({}));
  if (!res.ok) throw new Refused(answer.title ?? say('failed'), answer.code ?? '', res.status);
  return answer;
}
