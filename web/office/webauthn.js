import { say } from './words.js';

// What browsers do by themselves in their newest versions (WebAuthn Level 3, 5.1.8
// to 5.1.10), for those that do not.

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

/** @param {ArrayBuffer | null} b @returns {string} */
function text(b) {
  let raw = '';
  for (const x of new Uint8Array(b ?? new ArrayBuffer(0))) raw += String.fromCharCode(x);
  return btoa(raw).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @param {any} list */
const descriptors = (list) => (list ?? []).map((/** @type {any} */ d) => ({ ...d, id: bytes(d.id) }));

/** @param {any} json */
function creation(json) {
  const Native = /** @type {any} */ (PublicKeyCredential);
  if (Native.parseCreationOptionsFromJSON) return Native.parseCreationOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), user: { ...json.user, id: bytes(json.user.id) }, excludeCredentials: descriptors(json.excludeCredentials) };
}

/** @param {any} json */
function request(json) {
  const Native = /** @type {any} */ (PublicKeyCredential);
  if (Native.parseRequestOptionsFromJSON) return Native.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: descriptors(json.allowCredentials) };
}

/** @param {any} c */
function answer(c) {
  if (c.toJSON) return c.toJSON();
  const r = c.response;
  /** @type {Record<string, unknown>} */
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) Object.assign(response, { attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] });
  else Object.assign(response, { authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: text(r.userHandle) });
  return { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(), response };
}

/** Whether this browser has passkeys at all. */
export const passkeys = () => typeof PublicKeyCredential !== 'undefined' && Boolean(navigator.credentials);

/**
 * Has the browser make a passkey.
 * @param {object} options as the server gives them
 */
export async function create(options) {
  try {
    return answer(await navigator.credentials.create({ publicKey: creation(options) }));
  } catch (e) {
    throw new Error(say(e instanceof DOMException && e.name === 'InvalidStateError' ? 'passkeyThere' : 'passkeyStopped'));
  }
}

/**
 * Has the browser sign with a passkey.
 * @param {object} options as the server gives them
 */
export async function get(options) {
  try {
    return answer(await navigator.credentials.get({ publicKey: request(options) }));
  } catch {
    throw new Error(say('passkeyStopped'));
  }
}
