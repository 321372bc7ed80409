// The vectors that the Go tests read too: what must be accepted, refused and computed. Once with the browser's own
// curves and once with the substitutes for older ones.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseAck, parseBeacon, signRequest } from '../../src/core/ack';
import { type Bytes, fromBase64, toBase64, utf8 } from '../../src/core/bytes';
import { packFactor, pinHint, verifier } from '../../src/core/factor';
import { hashOf, sha256 } from '../../src/core/hash';
import { sealBase } from '../../src/core/hpke';
import { keyID } from '../../src/core/jws';
import { parseManifest } from '../../src/core/manifest';
import { parseRecord } from '../../src/core/record';
import { sealFactor, sealedLen } from '../../src/core/seal';
import { isSerial, parseSerial, printSerial } from '../../src/core/serial';
import { decodeStatusList } from '../../src/core/status_list';
import { verify } from '../../src/core/token';
import { digitsOf, parseDigits, parseWire, wireOf } from '../../src/core/wire';
import { codeOf, vectors, withoutCurves } from './kit';

const bytes = (text: string) => fromBase64(text) as Bytes;

interface Refused {
  name: string;
  jws: string;
  code: string;
  now?: number;
}

for (const path of ['native', 'substitute'] as const) {
  describe(`with ${path} curves`, () => {
    let restore = () => {};
    beforeAll(() => {
      if (path === 'substitute') restore = withoutCurves();
    });
    afterAll(() => restore());

    describe('tokens', () => {
      const v = vectors<{
        root: string;
        manifest: string;
        now: number;
        valid: { name: string; jws: string; wire: string; digits: string; claims: object; hash: string; tag: number }[];
        refused: Refused[];
      }>('tokens');
      const lots = async () => {
        const manifest = await parseManifest(v.manifest, bytes(v.root));
        return new Map([[manifest.kid, { manifest }]]);
      };
      it.each(v.valid)('accepts $name', async (t) => {
        expect((await verify(t.jws, await lots(), v.now)).claims).toEqual(t.claims);
        expect(parseDigits(t.digits)).toBe(t.jws);
        expect(parseWire(t.wire)).toBe(t.jws);
        expect(wireOf(t.jws)).toBe(t.wire);
        expect(digitsOf(t.jws)).toBe(t.digits);
        expect(await hashOf(t.jws)).toBe(t.hash);
        const hash = await sha256(utf8(t.jws));
        expect(((hash[0] as number) << 8) | (hash[1] as number)).toBe(t.tag);
      });
      it('refuses the rest, each for its reason', async () => {
        expect(v.refused.length).toBeGreaterThan(100);
        const known = await lots();
        for (const t of v.refused) {
          expect(await codeOf(() => verify(t.jws, known, t.now ?? v.now)), t.name).toBe(t.code);
        }
      });
      it('refuses a manifest of another root, and any changed byte of one', async () => {
        expect(await codeOf(() => parseManifest(v.manifest, bytes('A'.repeat(43))))).toBe('signed_header');
        const at = v.manifest.indexOf('.') + 10;
        const other = v.manifest.slice(0, at) + (v.manifest[at] === 'A' ? 'B' : 'A') + v.manifest.slice(at + 1);
        expect(await codeOf(() => parseManifest(other, bytes(v.root)))).toBe('signed_signature');
      });
    });

    it('refuses every text that is no card', async () => {
      const { refused } = vectors<{ refused: { name: string; digits: string }[] }>('wire');
      expect(refused.length).toBeGreaterThan(5);
      for (const w of refused) expect(await codeOf(() => parseDigits(w.digits)), w.name).toBe('wire_malformed');
    });

    describe('records', () => {
      const v = vectors<{
        dev: string;
        key: string;
        chain: { jws: string; hash: string; payload: { prev: string } }[];
        request: { jws: string; payload: object };
        refused: Refused[];
      }>('records');
      it('reads the chain', async () => {
        let prev = 'A'.repeat(43);
        for (const r of v.chain) {
          const made = await parseRecord(r.jws, bytes(v.key));
          expect(made.body).toEqual(r.payload);
          expect(r.payload.prev).toBe(prev);
          expect(await hashOf(r.jws)).toBe(r.hash);
          prev = r.hash;
        }
      });
      it('refuses the rest, each for its reason', async () => {
        expect(v.refused.length).toBeGreaterThan(30);
        for (const r of v.refused) expect(await codeOf(() => parseRecord(r.jws, bytes(v.key))), r.name).toBe(r.code);
      });
    });

    it('reads acknowledgements and beacons, and refuses what is neither', async () => {
      const v = vectors<{
        key: string;
        kid: string;
        ack: { jws: string; payload: object };
        beacon: { jws: string; payload: object };
        refused: Refused[];
      }>('acks');
      const key = bytes(v.key);
      expect(await keyID(key)).toBe(v.kid);
      expect(await parseAck(v.ack.jws, key)).toEqual(v.ack.payload);
      expect(await parseBeacon(v.beacon.jws, key)).toEqual(v.beacon.payload);
      expect(v.refused.length).toBeGreaterThan(3);
      for (const r of v.refused) expect(await codeOf(() => parseAck(r.jws, key)), r.name).toBe(r.code);
    });

    it('reads and writes serials', async () => {
      const v = vectors<{
        valid: { serial: string; printed: string; typed: string[] }[];
        refused: { typed: string; code: string }[];
      }>('serials');
      for (const s of v.valid) {
        expect(isSerial(s.serial)).toBe(true);
        expect(printSerial(s.serial)).toBe(s.printed);
        for (const typed of s.typed) expect(parseSerial(typed)).toBe(s.serial);
      }
      for (const s of v.refused) expect(await codeOf(() => parseSerial(s.typed)), s.typed).toBe(s.code);
    });

    it('computes verifiers and PIN hints', async () => {
      const v = vectors<{
        bundleSecret: string;
        factors: { serial: string; secret: string; pin: string; verifier: string; pinHint: number }[];
      }>('factors');
      for (const f of v.factors) {
        expect(toBase64(await verifier(f.secret, f.serial))).toBe(f.verifier);
        expect(await pinHint(bytes(v.bundleSecret), f.serial, f.pin)).toBe(f.pinHint);
      }
    });

    it('unpacks a status list', async () => {
      const v = vectors<{ n: number; statuses: number[]; zlib: string }>('status');
      const list = await decodeStatusList(bytes(v.zlib), v.n);
      expect(v.statuses.map((_, i) => list.at(i))).toEqual(v.statuses);
      expect(list.at(v.n)).toBe(1);
      for (const n of [0, 20, 16, 25, 1 << 22]) {
        expect(await codeOf(() => decodeStatusList(bytes(v.zlib), n)), `${n}`).toBe('status_list');
      }
      const longer = new Uint8Array([...bytes(v.zlib), 0]);
      expect(await codeOf(() => decodeStatusList(longer, v.n))).toBe('status_list');
      const damaged = bytes(v.zlib);
      damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
      expect(await codeOf(() => decodeStatusList(damaged, v.n))).toBe('status_list');
    });

    it('seals factors that open to what was sealed', async () => {
      const v = vectors<{
        secret: string;
        public: string;
        factors: { dev: string; jti: string; seq: number; secret: string; pin: string; ev: string }[];
      }>('seal');
      for (const f of v.factors) {
        const open = (ev: Bytes) => opened(bytes(v.secret), ev, `${f.dev}|${f.jti}|${f.seq}`);
        expect(await open(bytes(f.ev))).toEqual(packFactor(f.secret, f.pin));
        const sealed = await sealFactor(bytes(v.public), f, f.dev, f.jti, f.seq);
        expect(sealed.length).toBe(sealedLen);
        expect(await open(sealed)).toEqual(packFactor(f.secret, f.pin));
        await expect(opened(bytes(v.secret), sealed, `${f.dev}|${f.jti}|${f.seq + 1}`)).rejects.toThrow();
      }
    });
  });
}

async function opened(secret: Bytes, ev: Bytes, context: string): Promise<Uint8Array> {
  const { Aes128Gcm, CipherSuite, HkdfSha256 } = await import('@hpke/core');
  const { DhkemX25519HkdfSha256 } = await import('@hpke/dhkem-x25519');
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
  const recipientKey = await suite.kem.importKey('raw', secret.slice().buffer, false);
  const info = utf8('jate ev1 factor');
  const r = await suite.createRecipientContext({ recipientKey, enc: ev.slice(0, 32), info });
  return new Uint8Array(await r.open(ev.slice(32), utf8(context)));
}

it('computes the vector of RFC 9180, A.1.1', async () => {
  const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex')) as Bytes;
  const { x25519 } = await import('@noble/curves/ed25519.js');
  const secret = hex('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736');
  const own = {
    publicKey: x25519.getPublicKey(secret) as Bytes,
    agree: (other: Bytes) => x25519.getSharedSecret(secret, other) as Bytes,
  };
  const sealed = await sealBase(
    hex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
    hex('4f6465206f6e2061204772656369616e2055726e'),
    hex('436f756e742d30'),
    hex('4265617574792069732074727574682c20747275746820626561757479'),
    own,
  );
  expect(Buffer.from(sealed).toString('hex')).toBe(
    '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431' +
      'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  );
});

it('seals to no key of small order', async () => {
  const seal = () => sealBase(new Uint8Array(32), utf8(''), utf8(''), utf8('x'));
  await expect(seal()).rejects.toThrow();
  const restore = withoutCurves();
  await expect(seal()).rejects.toThrow();
  restore();
});

it('writes requests as the vectors have them', async () => {
  const v = vectors<{ request: { jws: string; payload: Parameters<typeof signRequest>[0] } }>('records');
  const { makeKey } = await import('../../src/core/ed25519');
  const jws = await signRequest(v.request.payload, await makeKey());
  const covered = (text: string) => text.slice(0, text.lastIndexOf('.'));
  expect(covered(jws)).toBe(covered(v.request.jws));
});
