// Prints what signing and verifying one message costs here: node docs/guide/signed-messages/cost.mjs
import { signer, verifier } from './signed-messages.mjs';

const place = { channel: 'chat:blue', connection: 'connection-1' };
const message = new Uint8Array(64);
const key = new Uint8Array(32).fill(7);
const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
const COUNT = 2000;

for (const [name, own, other] of [['HS256', key, key], ['EdDSA', pair.privateKey, pair.publicKey]]) {
  const least = [Infinity, Infinity];
  for (let round = 0; round < 5; round++) {
    const sign = await signer(own, place);
    const verify = await verifier(other, place);
    const sealed = [];
    const begin = process.cpuUsage();
    for (let i = 0; i < COUNT; i++) sealed.push(await sign.seal(message));
    const between = process.cpuUsage(begin);
    const middle = process.cpuUsage();
    for (const each of sealed) await verify.open(each);
    const after = process.cpuUsage(middle);
    [between, after].forEach(({ user, system }, i) => {
      least[i] = Math.min(least[i], (user + system) / COUNT);
    });
  }
  console.log(`${name}: ${least[0].toFixed(1)} us to sign, ${least[1].toFixed(1)} to verify`);
}
