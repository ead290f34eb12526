// The JavaScript SDK, as published, against one or several Dunlin nodes: under Node, and in a browser, where the import map
// of browser/page.html gives each module its other form.
//
// The server side of these tests (namespaces, and the procedures `publish`, `disconnect`,
// `unsubscribe`, `echo`) is SdkServer.java.
import assert from 'node:assert/strict';
import { describe, it, afterEach } from 'node:test';
import { Centrifuge } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { cutAll, network, secret, urls } from './network.mjs';

let next = 0;
let open = [];

const bytes = (text) => new TextEncoder().encode(text);
const base64 = (of) =>
  btoa(String.fromCharCode(...of)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const key = crypto.subtle.importKey(
  'raw', bytes(secret), { name: 'HMAC', hash: 'SHA-512' }, false, ['sign']);

async function token(claims) {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const body = base64(bytes(JSON.stringify({ alg: 'HS512', typ: 'JWT' }))) + '.'
    + base64(bytes(JSON.stringify({ exp, ...claims })));
  return body + '.' + base64(new Uint8Array(await crypto.subtle.sign('HMAC', await key, bytes(body))));
}

afterEach(() => {
  open.forEach((client) => client.disconnect());
  open = [];
});

const unique = (prefix) => prefix + crypto.randomUUID().slice(0, 8);

const until = (emitter, event, matches = () => true, millis = 8000) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${millis} ms`)), millis);
    emitter.on(event, function listener(context) {
      if (matches(context)) {
        clearTimeout(timer);
        emitter.removeListener(event, listener);
        resolve(context);
      }
    });
  });

for (const protocol of ['json', 'protobuf']) {
  const Client = protocol === 'json' ? Centrifuge : ProtobufCentrifuge;
  const encode = (value) =>
    protocol === 'json' ? value : new TextEncoder().encode(JSON.stringify(value));
  const decode = (data) =>
    protocol === 'json' ? data : JSON.parse(new TextDecoder().decode(data));

  const connect = async (options = {}, claims = {}) => {
    const client = new Client(urls[next++ % urls.length](), {
      ...network(),
      token: await token({ sub: 'user', ...claims }),
      minReconnectDelay: 50,
      maxReconnectDelay: 200,
      ...options,
    });
    open.push(client);
    const connected = until(client, 'connected');
    client.connect();
    return [client, await connected];
  };

  const subscribe = async (client, channel, options = {}) => {
    const subscription = client.newSubscription(channel, options);
    const subscribed = until(subscription, 'subscribed');
    subscription.subscribe();
    return [subscription, await subscribed];
  };

  const call = async (client, method, params) =>
    decode((await client.rpc(method, encode(params))).data);

  // Commands of a connection are answered in order: after two calls a refresh that was asked for
  // between them is answered too, and its timer is the SDK's to clear.
  const settle = async (client) => {
    await call(client, 'echo', {});
    await call(client, 'echo', {});
  };

  const collect = (subscription) => {
    const values = [];
    subscription.on('publication', (context) => values.push(decode(context.data)));
    return values;
  };

  const reaches = async (values, count) => {
    const end = Date.now() + 8000;
    while (values.length < count) {
      assert.ok(Date.now() < end, `only ${values.length} of ${count} publications came`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  describe(`the JavaScript SDK over ${protocol}`, () => {
    it('connects with an HS512 token and is told who it is', async () => {
      const [client, context] = await connect();
      assert.match(context.client, /^[0-9a-f-]{36}$/);
      assert.equal(client.state, 'connected');
    });

    it('is refused for good with a forged token', async () => {
      const client = new Client(urls[0](), {
        ...network(), token: (await token({ sub: 'x' })) + 'A',
      });
      open.push(client);
      const gone = until(client, 'disconnected');
      client.connect();
      assert.equal((await gone).code, 3500);
    });

    it('fetches a new token for an expired one', async () => {
      let asked = 0;
      const client = new Client(urls[0](), {
        ...network(),
        token: await token({ sub: 'user', exp: Math.floor(Date.now() / 1000) - 100 }),
        getToken: async () => { asked++; return token({ sub: 'user' }); },
        minReconnectDelay: 50,
      });
      open.push(client);
      const connected = until(client, 'connected');
      client.connect();
      await connected;
      assert.equal(asked, 1);
    });

    it('refreshes its token while running', async () => {
      let asked;
      const refreshed = new Promise((resolve) => { asked = resolve; });
      const [client] = await connect({
        token: await token({ sub: 'user', exp: Math.floor(Date.now() / 1000) + 2 }),
        getToken: async () => {
          const fresh = await token({ sub: 'user' });
          asked();
          return fresh;
        },
      });
      await refreshed;
      await settle(client);
      assert.deepEqual(await call(client, 'echo', { still: 'here' }), { still: 'here' });
      assert.equal(client.state, 'connected');
    });

    it('publishes to itself and to others', async () => {
      const channel = unique('open:');
      const [one] = await connect();
      const [two] = await connect({}, { sub: 'other' });
      const [mine] = await subscribe(one, channel);
      const [theirs] = await subscribe(two, channel);
      const both = [until(mine, 'publication'), until(theirs, 'publication')];
      await mine.publish(encode({ hello: 'wörld' }));
      for (const context of await Promise.all(both)) {
        assert.deepEqual(decode(context.data), { hello: 'wörld' });
        assert.equal(context.info.user, 'user');
      }
    });

    it('gets the publications of a channel in order', async () => {
      const channel = unique('history:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel);
      const values = collect(subscription);
      await Promise.all(
        Array.from({ length: 200 }, (_, i) => subscription.publish(encode({ i }))));
      await reaches(values, 200);
      assert.deepEqual(values, Array.from({ length: 200 }, (_, i) => ({ i })));
    });

    it('sends many commands in one frame', async () => {
      const channel = unique('open:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel);
      const values = collect(subscription);
      client.startBatching();
      const replies = Array.from({ length: 50 }, (_, i) => subscription.publish(encode({ i })));
      client.stopBatching();
      await Promise.all(replies);
      await reaches(values, 50);
    });

    it('calls procedures', async () => {
      const [client] = await connect();
      assert.deepEqual(await call(client, 'echo', { a: [1, 'ü', null] }), { a: [1, 'ü', null] });
      await assert.rejects(client.rpc('no-such', encode({})), { code: 104 });
    });

    it('sees who is present', async () => {
      const channel = unique('presence:');
      const [one, context] = await connect({}, { sub: 'ann' });
      const [two] = await connect({}, { sub: 'bob' });
      const [mine] = await subscribe(one, channel);
      await subscribe(two, channel);
      const { clients } = await mine.presence();
      assert.deepEqual(Object.values(clients).map((c) => c.user).sort(), ['ann', 'bob']);
      assert.equal(clients[context.client].client, context.client);
      assert.deepEqual(await mine.presenceStats(), { numClients: 2, numUsers: 2 });
    });

    it('is told who joins and leaves', async () => {
      const channel = unique('presence:');
      const [one] = await connect({}, { sub: 'ann' });
      const mine = one.newSubscription(channel, { joinLeave: true });
      const own = until(mine, 'join', (c) => c.info.user === 'ann');
      mine.subscribe();
      await own;
      const joined = until(mine, 'join', (c) => c.info.user === 'bob');
      const left = until(mine, 'leave', (c) => c.info.user === 'bob');
      const [two] = await connect({}, { sub: 'bob' });
      await subscribe(two, channel);
      await joined;
      two.disconnect();
      await left;
    });

    it('reads the history', async () => {
      const channel = unique('history:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel);
      for (let i = 1; i <= 5; i++) await subscription.publish(encode({ i }));
      const all = await subscription.history({ limit: -1 });
      assert.deepEqual(all.publications.map((p) => decode(p.data).i), [1, 2, 3, 4, 5]);
      assert.equal(all.offset, 5);
      const since = await subscription.history({
        limit: 2, since: { offset: 2, epoch: all.epoch },
      });
      assert.deepEqual(since.publications.map((p) => p.offset), [3, 4]);
      const last = await subscription.history({ limit: 2, reverse: true });
      assert.deepEqual(last.publications.map((p) => p.offset), [5, 4]);
      await assert.rejects(
        subscription.history({ limit: 1, since: { offset: 1, epoch: 'other' } }), { code: 112 });
    });

    it('recovers what it missed when it was cut in the middle of traffic', async () => {
      const channel = unique('history:');
      const [reader] = await connect({}, { sub: 'reader' });
      const [subscription] = await subscribe(reader, channel);
      const values = collect(subscription);
      const recovered = [];
      subscription.on('subscribed', (c) => recovered.push(c.wasRecovering && c.recovered));
      const [writer] = await connect({}, { sub: 'writer' });
      for (let i = 0; i < 150; i++) {
        if (i === 50 || i === 100) await cutAll();
        const publication = { channel, data: { i }, idempotency_key: `k${i}` };
        await call(writer, 'publish', publication).catch(async (failure) => {
          // the writer was cut as well: whether it was published is not known, so the key decides
          assert.ok(failure.code < 100, `unexpected ${failure.code}`); // the SDK's own codes
          await writer.ready(8000);
          await call(writer, 'publish', publication);
        });
      }
      await reaches(values, 150);
      assert.deepEqual(values.map((v) => v.i), Array.from({ length: 150 }, (_, i) => i));
      assert.ok(recovered.length >= 1 && recovered.every(Boolean), String(recovered));
    });

    it('is told truthfully that it cannot recover', async () => {
      const channel = unique('history:');
      const [client] = await connect();
      const [, context] = await subscribe(client, channel, {
        since: { offset: 7, epoch: 'gone' },
      });
      assert.equal(context.wasRecovering, true);
      assert.equal(context.recovered, false);
    });

    it('gets the channels of its token without asking', async () => {
      const channel = unique('history:');
      const client = new Client(urls[0](), {
        ...network(), token: await token({ sub: 'user', channels: [channel] }),
      });
      open.push(client);
      const subscribed = until(client, 'subscribed', (c) => c.channel === channel);
      const published = until(client, 'publication', (c) => c.channel === channel);
      client.connect();
      await subscribed;
      await call(client, 'publish', { channel, data: { to: 'you' } });
      assert.deepEqual(decode((await published).data), { to: 'you' });
    });

    it('needs a token for a private channel, and refreshes it', async () => {
      const channel = unique('$open:');
      const [client] = await connect();
      const denied = client.newSubscription(channel);
      const refused = until(denied, 'unsubscribed');
      denied.subscribe();
      assert.equal((await refused).code, 103);
      client.removeSubscription(denied);
      let asked = 0;
      let again;
      const refreshed = new Promise((resolve) => { again = resolve; });
      await subscribe(client, channel, {
        getToken: async () => {
          const seconds = ++asked === 1 ? 2 : 600;
          const exp = Math.floor(Date.now() / 1000) + seconds;
          const fresh = await token({ sub: 'user', channel, exp });
          if (asked === 2) again();
          return fresh;
        },
      });
      await refreshed;
      await settle(client);
    });

    it('is told that a namespace does not exist and what it may not do', async () => {
      const [client] = await connect();
      const unknown = client.newSubscription('nowhere:x');
      const gone = until(unknown, 'unsubscribed');
      unknown.subscribe();
      assert.equal((await gone).code, 102);
      await assert.rejects(client.publish('closed:x', encode({})), { code: 103 });
      await assert.rejects(client.presence('open:x'), { code: 108 });
    });

    it('is disconnected and unsubscribed with the codes the server gives', async () => {
      const channel = unique('open:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel);
      const unsubscribed = until(subscription, 'unsubscribed');
      await call(client, 'unsubscribe', { channel });
      assert.equal((await unsubscribed).code, 2000);
      const gone = until(client, 'disconnected');
      client.rpc('disconnect', encode({ code: 4501, reason: 'enough' })).catch(() => {});
      const context = await gone;
      assert.deepEqual([context.code, context.reason], [4501, 'enough']);
    });

    it('takes deltas of texts in any alphabet', async () => {
      const channel = unique('delta:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel, { delta: 'fossil' });
      const values = collect(subscription);
      const text = 'Широкая электрификация южных губерний даст мощный толчок. '.repeat(8);
      const sent = Array.from({ length: 20 }, (_, i) => ({
        text: text.slice(0, i * 7) + 'ж' + text.slice(i * 7 + 1), i, list: ['a', 'b'],
      }));
      for (const value of sent) await call(client, 'publish', { channel, data: value });
      await reaches(values, sent.length);
      assert.deepEqual(values, sent);
    });

    it('gets what its filter lets through', async () => {
      const channel = unique('filter:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel, {
        tagsFilter: { key: 'price', cmp: 'gt', val: '9.5' },
      });
      const values = collect(subscription);
      for (const price of ['9', '10', '9.50', '100', 'x']) {
        await call(client, 'publish', { channel, data: { price }, tags: { price } });
      }
      await call(client, 'publish', { channel, data: { price: 'end' }, tags: { price: '11' } });
      await reaches(values, 3);
      assert.deepEqual(values.map((v) => v.price), ['10', '100', 'end']);
    });

    it('resubscribes after a clean reconnect and loses nothing', async () => {
      const channel = unique('history:');
      const [client] = await connect();
      const [subscription] = await subscribe(client, channel);
      const values = collect(subscription);
      await subscription.publish(encode({ i: 0 }));
      await reaches(values, 1);
      client.disconnect();
      const [writer] = await connect();
      for (let i = 1; i < 4; i++) await call(writer, 'publish', { channel, data: { i } });
      client.connect();
      await reaches(values, 4);
      assert.deepEqual(values.map((v) => v.i), [0, 1, 2, 3]);
    });
  });
}
