// node --test: the vectors that the Java side passes too.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connectionKey, signer, verifier } from './signed-messages.mjs';

const folder = '../../../server/src/test/resources/dev/dunlin/auth/';
const vectors = (name) =>
  readFileSync(new URL(folder + name, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const place = { channel: 'chat:blue', connection: 'connection-1' };
const key = new Uint8Array(32).fill(7);
const hello = new TextEncoder().encode('hello');
const fault = (name) => (error) => error.fault === name;

for (const [secret, connection, channel, derived, message, signature] of vectors('signed-messages.tsv')) {
  test(`the vector of ${connection} comes out as written`, async () => {
    const own = await connectionKey(bytes(secret), connection);
    assert.equal(Buffer.from(own).toString('hex'), derived);
    const here = { channel, connection };
    assert.equal(await (await signer(own, here))(bytes(message)), signature);
    assert.equal(await (await verifier(own, here))(bytes(message), signature), 1);
  });
}

const ed25519 = (format, bytes, use) =>
  crypto.subtle.importKey(format, bytes, 'Ed25519', false, [use]);

for (const [seed, connection, channel, pub, message, signature] of vectors('signed-messages-ed25519.tsv')) {
  test(`the Ed25519 vector of ${connection} comes out as written`, async () => {
    // RFC 8410, 7: what stands before the seed in a private key
    const own = await ed25519('pkcs8', bytes(`302e020100300506032b657004220420${seed}`), 'sign');
    const other = await ed25519('raw', bytes(pub), 'verify');
    const here = { channel, connection };
    assert.equal(await (await signer(own, here))(bytes(message)), signature);
    assert.equal(await (await verifier(other, here))(bytes(message), signature), 1);
  });
}

test('a sealed message opens, also for who comes late', async () => {
  const sign = await signer(key, place);
  const sealed = [await sign.seal(hello), await sign.seal(hello), await sign.seal(hello)];
  const late = await verifier(key, place, { late: true });
  assert.deepEqual(await late.open(sealed[1]), hello);
  await assert.rejects(late.open(sealed[0]), fault('REPLAYED'));
  assert.deepEqual(await late.open(sealed[2]), hello);
  await assert.rejects(late.open(hello), fault('MISSING'));
});

test('each fault has its own name', async () => {
  const sign = await signer(key, place);
  const verify = await verifier(key, place);
  const first = await sign(hello);
  const second = await sign(hello);
  await assert.rejects(verify(hello, second), fault('OUT_OF_ORDER'));
  await verify(hello, first);
  await assert.rejects(verify(hello, first), fault('REPLAYED'));
  await assert.rejects(verify(hello.subarray(1), second), fault('TRUNCATED'));
  await assert.rejects(verify(new TextEncoder().encode('hallo'), second), fault('ALTERED'));
  const elsewhere = await signer(key, { ...place, channel: 'chat:red' });
  await assert.rejects(verify(hello, await elsewhere(hello)), fault('OTHER_CHANNEL'));
  const other = await signer(key, { ...place, connection: 'connection-2' });
  await assert.rejects(verify(hello, await other(hello)), fault('OTHER_CONNECTION'));
  for (const text of ['', '..', 'e30..', 'a..b..c', 'e30=..AAAA']) {
    await assert.rejects(verify(hello, text), fault('MALFORMED'));
  }
  assert.equal(await verify(hello, second), 2);
});
