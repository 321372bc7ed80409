import { api } from './api.js';

/**
 * What a provider of the organisation vouched for, until it is used: the page that
 * the provider sends the browser back to is loaded anew, and nothing of it is kept in
 * the browser.
 * @type {{ticket: string, linked: boolean, code: boolean, provider: string, error: string}}
 */
export const provided = { ticket: '', linked: false, code: true, provider: '', error: '' };

/** Forgets it: a ticket is good once. */
export function spent() {
  Object.assign(provided, { ticket: '', linked: false, code: true, provider: '', error: '' });
}

/**
 * Where one may sign in besides.
 * @returns {Promise<{id: string, name: string}[]>}
 */
export async function providers() {
  return (await api('/sign-in/providers')).items;
}

/**
 * Goes to a provider.
 * @param {string} id
 * @param {string} then the fragment to go on with
 */
export async function depart(id, then) {
  const to = await api(`/sign-in/providers/${encodeURIComponent(id)}/departure`, { then });
  location.assign(to.location);
}

/**
 * Takes what the provider sent the browser back with, where this page was loaded by
 * that. The answer leaves the address bar and the history at once.
 */
export async function comeBack() {
  const id = /\/provider-([a-z0-9-]+)$/.exec(location.pathname)?.[1];
  if (!id) return;
  const q = new URLSearchParams(location.search);
  history.replaceState(null, '', './#sign-in');
  try {
    const got = await api(`/sign-in/providers/${encodeURIComponent(id)}/return`,
      { state: q.get('state') ?? '', code: q.get('code') ?? '', iss: q.get('iss') ?? '', error: (q.get('error') ?? '').slice(0, 256) });
    Object.assign(provided, { ticket: got.ticket, linked: got.linked, code: got.code_needed, provider: id, error: '' });
    history.replaceState(null, '', `./${got.then || '#sign-in'}`);
  } catch (e) {
    provided.error = e instanceof Error ? e.message : String(e);
  }
}
