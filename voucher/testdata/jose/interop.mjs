// Reads testdata/vectors with nothing but published libraries and WebCrypto,
// following testdata/vectors/README.md, and writes what it made itself as JSON.
// usage: node interop.mjs VECTORS JWKS_FILE
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { webcrypto as crypto } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import * as jose from 'jose';
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';

const [dir, jwksFile] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(`${dir}/${name}.json`, 'utf8'));
const utf8 = (text) => new TextEncoder().encode(text);
const base64url = jose.base64url;
const concat = (...parts) => new Uint8Array(parts.flatMap((p) => [...p]));
const okp = (x, kid) => jose.importJWK({ kty: 'OKP', crv: 'Ed25519', x, kid }, 'EdDSA');
const sha256 = async (text) => base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))));

const tokens = read('tokens');
await vouchers();
await factors();
statuses();
const records = read('records');
await chain();
const { request, receipt } = await signLikeAHandheld();
console.log(JSON.stringify({ ev: await seal(), request, receipt }));

// Vouchers: rebuilt from the digits, verified with the published JWKS.
async function vouchers() {
  const keys = jose.createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8')));
  const options = {
    algorithms: ['EdDSA'], typ: 'ev+jwt', audience: 'rd', issuer: 'J7', clockTolerance: 0,
    requiredClaims: ['iss', 'aud', 'jti', 'nbf', 'exp', 'v', 'b', 'x', 'p'],
    currentDate: new Date(tokens.now * 1000),
  };
  for (const v of tokens.valid) {
    const jws = rebuild(v.digits);
    assert.equal(jws, v.jws, v.name);
    const { payload } = await jose.jwtVerify(jws, keys, options);
    assert.deepEqual(payload, v.claims, v.name);
    const at = jws.lastIndexOf('.') + 20;
    const tampered = jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1);
    await assert.rejects(jose.jwtVerify(tampered, keys, options), jose.errors.JWSSignatureVerificationFailed, v.name);
  }
  const refusedByJose = ['signed_signature', 'token_key_unknown', 'token_issuer', 'token_audience', 'token_expired', 'token_not_yet'];
  let seen = 0;
  for (const v of tokens.refused.filter((r) => refusedByJose.includes(r.code))) {
    const now = new Date((v.now ?? tokens.now) * 1000);
    await assert.rejects(jose.jwtVerify(v.jws, keys, { ...options, currentDate: now }), v.name);
    seen++;
  }
  assert.ok(seen >= 12, `${seen} refused tokens`);
}

function rebuild(digits) {
  const wire = digits.match(/../g).map((n) => String.fromCharCode(Number(n) + 45)).join('');
  const [head, payload, signature] = wire.split('.');
  assert.equal(head[0], '1');
  const header = `{"alg":"EdDSA","kid":"${head.slice(1)}","typ":"ev+jwt"}`;
  return `${base64url.encode(header)}.${payload}.${signature}`;
}

async function factors() {
  const v = read('factors');
  const hmac = async (key, text) => {
    const k = await crypto.subtle.importKey('raw', base64url.decode(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', k, utf8(text)));
  };
  for (const f of v.factors) {
    const secret = await crypto.subtle.importKey('raw', utf8(f.secret), 'PBKDF2', false, ['deriveBits']);
    const h = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: utf8('ev1' + f.serial), iterations: 1000 }, secret, 128);
    assert.equal(base64url.encode(new Uint8Array(h)), f.verifier);
    const m = await hmac(v.bundleSecret, 'hint1' + f.serial + f.pin);
    assert.equal((m[0] << 2) | (m[1] >> 6), f.pinHint);
    assert.equal(base64url.encode((await hmac(v.factorKey, f.serial + f.pin)).slice(0, 16)), f.pinMac);
  }
}

function statuses() {
  const v = read('status');
  const bits = inflateSync(base64url.decode(v.zlib));
  assert.equal(base64url.encode(bits), v.bits);
  v.statuses.forEach((s, i) => assert.equal((bits[i >> 2] >> (2 * (i & 3))) & 3, s));
}

async function chain() {
  const key = await okp(records.key, records.dev);
  let prev = base64url.encode(new Uint8Array(32));
  for (const r of records.chain) {
    const { payload, protectedHeader } = await jose.compactVerify(r.jws, key);
    const body = JSON.parse(new TextDecoder().decode(payload));
    assert.equal(protectedHeader.kid, body.dev);
    assert.equal(body.prev, prev);
    // The canonical form is what JSON.stringify writes.
    assert.equal(JSON.stringify(body), new TextDecoder().decode(payload));
    assert.equal(await sha256(r.jws), r.hash);
    prev = r.hash;
  }
  const server = read('acks');
  for (const v of [server.ack, server.beacon]) {
    const { payload } = await jose.compactVerify(v.jws, await okp(server.key, server.kid));
    assert.equal(JSON.stringify(JSON.parse(new TextDecoder().decode(payload))), new TextDecoder().decode(payload));
  }
  assert.equal(await jose.calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: server.key }), server.kid);
}

// A handheld's own signatures, by a key that cannot be exported.
async function signLikeAHandheld() {
  const { publicKey, privateKey } = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const x = base64url.encode(new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)));
  const sign = (typ, body) => new jose.CompactSign(utf8(JSON.stringify(body)))
    .setProtectedHeader({ alg: 'EdDSA', kid: body.dev, typ }).sign(privateKey);
  const zero = base64url.encode(new Uint8Array(32));
  return {
    request: { x, jws: await sign('evreq+jwt', { dev: 'h1', m: 'GET', u: '/api/v1/bundles/z14?a=1&b=<2>', sha: await sha256(''), nonce: 'n1', n: 1 }) },
    receipt: {
      x,
      jws: await sign('evr+jwt', {
        dev: 'h1', seq: 1, prev: zero, t: 1790172800, bcn: zero, snap: 1, jti: '0123456789ABCDEF', amt: 5000,
        lines: [{ item: 'rice', qty: '12.5', price: 400 }], cash: 0, short: 0, ev: '', risk: [],
      }),
    },
  };
}

// Factors: opened from the vectors, and one sealed for the other side to open.
async function seal() {
  const v = read('seal');
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const info = utf8('jate ev1 factor');
  const aad = (dev, jti, seq) => utf8(`${dev}|${jti}|${seq}`);
  const secret = await suite.kem.importKey('raw', base64url.decode(v.secret), false);
  const bcd = (digits) => digits.match(/../g).map((n) => parseInt(n, 16));
  const pack = (s, p) => new Uint8Array([(s ? 1 : 0) + (p ? 2 : 0), ...bcd((s || '').padStart(16, '0')), ...bcd((p || '').padStart(6, '0'))]);
  for (const f of v.factors) {
    const ev = base64url.decode(f.ev);
    const plain = await suite.open({ recipientKey: secret, enc: ev.slice(0, 32), info }, ev.slice(32), aad(f.dev, f.jti, f.seq));
    assert.deepEqual(new Uint8Array(plain), pack(f.secret, f.pin));
    await assert.rejects(suite.open({ recipientKey: secret, enc: ev.slice(0, 32), info }, ev.slice(32), aad(f.dev, f.jti, f.seq + 1)));
  }
  const to = await suite.kem.importKey('raw', base64url.decode(v.public), true);
  const { enc, ct } = await suite.seal({ recipientPublicKey: to, info }, pack('9876543210987654', '135790'), aad('h1', '0123456789ABCDEF', 41));
  return base64url.encode(concat(new Uint8Array(enc), new Uint8Array(ct)));
}
