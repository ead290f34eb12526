// npm ws as a client: echoes every kind of message; prints "ok" or fails.
// Usage: node ws.mjs URL OFFERED AGREED, where these two are on or off
import WebSocket from 'ws';
import { messages, same } from './messages.mjs';

const [url, offered, agreed] = process.argv.slice(2);
const socket = new WebSocket(url, {
  perMessageDeflate: offered === 'on' ? { threshold: 0 } : false,
  maxPayload: 64 << 20,
  rejectUnauthorized: false,
});
const arrived = [];
let wake = () => {};
socket.on('message', (data, binary) => {
  arrived.push(binary ? data : data.toString('utf8'));
  wake();
});
const failed = new Promise((_, reject) => socket.on('error', reject));
const next = async () => {
  while (arrived.length === 0) await Promise.race([failed, new Promise((go) => (wake = go))]);
  return arrived.shift();
};

await Promise.race([failed, new Promise((go) => socket.on('open', go))]);
if (socket.extensions.includes('permessage-deflate') !== (agreed === 'on')) {
  throw new Error('agreed instead of ' + agreed + ': ' + socket.extensions);
}
for (const message of messages()) {
  socket.send(message);
  const echo = await next();
  if (!same(message, echo)) throw new Error('another echo for ' + message.length);
}
const pong = new Promise((go) => socket.on('pong', go));
socket.ping('are you there');
if ((await pong).toString() !== 'are you there') throw new Error('another pong');
const closed = new Promise((go) => socket.on('close', (code) => go(code)));
socket.close(1000, 'done');
if ((await closed) !== 1000) throw new Error('closed with ' + (await closed));
console.log('ok');
