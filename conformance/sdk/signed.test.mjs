// Signed publications with the JavaScript SDK as published: it signs, a subscriber verifies, also
// what the Java SDK signed; a raw client plants each fault. Run by SignedSdkTest.java, which sets
//
//   DUNLIN_URLS       the WebSocket address
//   DUNLIN_TOKEN      a token that names no key
//   DUNLIN_OWN_TOKEN  a token that names the public half of DUNLIN_OWN_KEY (PKCS #8, base64)
//   DUNLIN_JAVA_KEY   the Java client's public key (SPKI, base64), and its connection:
//   DUNLIN_JAVA_CONNECTION
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Centrifuge } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';
import {
  connectionKey,
  openCarried,
  publisher,
  signer,
  verifier,
} from '../../docs/guide/signed-messages/signed-messages.mjs';

const { DUNLIN_URLS: url, DUNLIN_TOKEN: token, DUNLIN_OWN_TOKEN: ownToken } = process.env;
const stored = (name) => Uint8Array.from(Buffer.from(process.env[name], 'base64'));
const ed25519 = (format, bytes, use, extractable = false) =>
  crypto.subtle.importKey(format, bytes, 'Ed25519', extractable, [use]);
const own = await ed25519('pkcs8', stored('DUNLIN_OWN_KEY'), 'sign', true);
const { x, kty, crv } = await crypto.subtle.exportKey('jwk', own);
const ownPublic = await ed25519('jwk', { x, kty, crv }, 'verify');
const javaPublic = await ed25519('spki', stored('DUNLIN_JAVA_KEY'), 'verify');

let open = [];
afterEach(() => {
  open.forEach((client) => client.disconnect());
  open = [];
});

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));

async function connect(Client, how) {
  const client = new Client(url, { websocket: WebSocket, token: how });
  open.push(client);
  const connected = once(client, 'connected');
  client.connect();
  return [client, (await connected).client];
}

for (const [name, Client] of [['json', Centrifuge], ['protobuf', ProtobufCentrifuge]]) {
  const protobuf = Client === ProtobufCentrifuge;
  const decode = (data) => (protobuf ? JSON.parse(new TextDecoder().decode(data)) : data);

  const subscribed = async (client, channel) => {
    const subscription = client.newSubscription(channel);
    const ready = once(subscription, 'subscribed');
    subscription.subscribe();
    await ready;
    return subscription;
  };

  describe(`signed publications over ${name}`, () => {
    it('are published without the signature where it is verified', async () => {
      const [client] = await connect(Client, token);
      const subscription = await subscribed(client, `signed:${name}`);
      const values = [];
      const last = new Promise((resolve) => {
        subscription.on('publication', (context) => {
          if (values.push(decode(context.data)) === 20) resolve();
        });
      });
      const publish = await publisher(client, { protobuf });
      await Promise.all(Array.from({ length: 20 }, (_, i) => publish(`signed:${name}`, { i })));
      await last;
      assert.deepEqual(values, Array.from({ length: 20 }, (_, i) => ({ i })));
    });

    it('are verified end to end where they are carried', async () => {
      const channel = `carried:${name}`;
      const [client, connection] = await connect(Client, ownToken);
      const [other] = await connect(Client, token);
      const subscription = await subscribed(other, channel);
      const verify = await verifier(ownPublic, { channel, connection }, { late: true });
      const publish = await publisher(client, { privateKey: own, protobuf });
      for (let i = 1; i <= 3; i++) {
        const came = once(subscription, 'publication');
        await publish(channel, { i, 'ü': '"quoted"' });
        const context = await came;
        assert.equal(context.info.client, connection);
        assert.deepEqual(await openCarried(verify, context.data), { i, 'ü': '"quoted"' });
        await assert.rejects(openCarried(verify, context.data), { fault: 'REPLAYED' });
      }
    });

    it('of the Java SDK verify as well', async () => {
      const channel = 'carried:java';
      const [client] = await connect(Client, token);
      const { publications } = await client.history(channel, { limit: 10 });
      assert.equal(publications.length, 3);
      const place = { channel, connection: process.env.DUNLIN_JAVA_CONNECTION };
      const verify = await verifier(javaPublic, place);
      for (const [i, { data }] of publications.entries()) {
        assert.deepEqual(await openCarried(verify, data), { n: i + 1 });
      }
    });

    it('go on after the connection is another', async () => {
      const [client] = await connect(Client, token);
      await (await publisher(client, { protobuf }))(`signed:again-${name}`, 1);
      client.disconnect();
      const connected = once(client, 'connected');
      client.connect();
      await connected;
      await (await publisher(client, { protobuf }))(`signed:again-${name}`, 2);
    });

    it('go on after one that was refused', async () => {
      const [client] = await connect(Client, token);
      const channel = `signed:on-${name}`;
      const publish = await publisher(client, { protobuf });
      await publish(channel, 1);
      await assert.rejects(client.publish(channel, protobuf ? new Uint8Array([49]) : 1), { code: 320 });
      await Promise.all([publish(channel, 2), publish(channel, 3)]);
    });
  });
}

describe('a raw client', () => {
  it('gets an error of its own for every fault', async () => {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    let id = 0;
    const ask = async (command) => {
      const answer = once(socket, 'message');
      socket.send(JSON.stringify({ id: ++id, ...command }));
      return JSON.parse(String(await answer));
    };
    const { connect: { client: connection } } = await ask({ connect: { token } });
    const told = (await ask({ rpc: { method: 'dunlin.signing', data: {} } })).rpc.data;
    assert.equal(told.connection, connection);
    const key = Uint8Array.from(Buffer.from(told.key, 'base64url'));
    const channel = 'signed:raw';
    const bytes = (text) => new TextEncoder().encode(text);
    const sign = await signer(key, { channel, connection });
    const seal = async (how, text) => new TextDecoder().decode(await how.seal(bytes(text)));
    const first = await seal(sign, '{"pay":1}');
    const second = await seal(sign, '{"pay":2}');
    const publish = async (data, where = channel) =>
      (await ask({ publish: { channel: where, data } })).error?.code ?? 0;
    const foreign = await signer(key, { channel, connection: 'another' });
    const forged = await signer(await connectionKey(bytes('x'.repeat(32)), connection), { channel, connection });

    assert.equal(await publish({ pay: 1 }), 320, 'not signed');
    assert.equal(await publish('not..that\n1'), 322, 'malformed');
    assert.equal(await publish(await seal(foreign, '1')), 323, 'another connection');
    assert.equal(await publish(first, 'signed:other'), 324, 'another channel');
    assert.equal(await publish(first.slice(0, -1)), 325, 'truncated');
    assert.equal(await publish(first.replace('"pay":1', '"pay":9')), 326, 'altered');
    assert.equal(await publish(await seal(forged, '1')), 326, 'another key');
    assert.equal(await publish(second), 328, 'reordered');
    assert.equal(await publish(first), 0);
    assert.equal(await publish(first), 327, 'replayed');
    assert.equal(await publish(second), 0, 'and nothing of that had an effect');
    assert.equal(await publish(await seal(await signer(key, { channel: 'carried:raw', connection }), '1'), 'carried:raw'), 321, 'no key');
    socket.close();
  });
});
