// Calls every method of the API with cent.js, a library made for Centrifugo, as it comes from npm.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const { CentClient } = createRequire(import.meta.url)('cent.js');
const [url, apiKey] = process.argv.slice(2);
const cent = new CentClient({ url, apiKey });
const channel = 'chat:lib';

const published = await cent.publish({ channel, data: { by: 'cent.js' } });
assert.equal(typeof published.epoch, 'string');
assert.ok(published.offset > 0);

const { responses } = await cent.broadcast({ channels: [channel, 'chat:other'], data: { to: 'all' } });
assert.equal(responses.length, 2);
assert.equal(responses[0].result.offset, published.offset + 1);

const { presence } = await cent.getPresence({ channel });
assert.deepEqual(Object.values(presence).map((client) => client.user), ['ann']);
assert.deepEqual(await cent.getPresenceStats({ channel }), { num_clients: 1, num_users: 1 });

const history = await cent.getHistory({ channel, limit: 10 });
assert.deepEqual(history.publications.map((each) => each.data), [{ by: 'cent.js' }, { to: 'all' }]);

const { channels } = await cent.getChannels({ pattern: 'chat:*' });
assert.equal(channels[channel].num_clients, 1);

const { nodes } = await cent.getInfo();
assert.equal(nodes[0].num_clients, 1);

assert.deepEqual(await cent.subscribe({ user: 'ann', channel: 'chat:more' }), {});
assert.equal((await cent.getChannels({ pattern: 'chat:more' })).channels['chat:more'].num_clients, 1);
assert.deepEqual(await cent.unsubscribe({ user: 'ann', channel: 'chat:more' }), {});
assert.deepEqual(await cent.refresh({ user: 'ann', expire_at: Math.floor(Date.now() / 1000) + 600 }), {});
assert.deepEqual(await cent.removeHistory({ channel }), {});
assert.deepEqual((await cent.getHistory({ channel, limit: 10 })).publications, []);

await assert.rejects(cent.publish({ channel: 'unknown:a', data: 1 }));
await assert.rejects(new CentClient({ url, apiKey: 'wrong' }).getInfo());

const replies = await cent.pipeline([
  { method: 'publish', params: { channel, data: 3 } },
  { method: 'presence_stats', params: { channel } },
]);
assert.equal(replies[1].num_clients, 1);

assert.deepEqual(await cent.disconnect({ user: 'ann' }), {});
console.log('ok');
