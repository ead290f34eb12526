// A device: the published SDK over mutual TLS, in Protobuf. Reads what is asked for from its
// environment, prints a line for whatever happens, and takes commands from its standard input.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Centrifuge } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';

const { URL, CA, CERTIFICATE, KEY, CHANNEL, TOKENS } = process.env;

class Tls extends WebSocket {
  constructor(url, protocols) {
    super(url, protocols, {
      ca: readFileSync(CA),
      cert: readFileSync(CERTIFICATE),
      key: readFileSync(KEY),
    });
  }
}

const say = (...words) => console.log(words.join(' '));
const waiting = [];
const tokens = [];

// Whenever a token is wanted, the next one comes from standard input.
const nextToken = () => {
  say('token wanted');
  return tokens.length ? Promise.resolve(tokens.shift()) : new Promise((resolve) => waiting.push(resolve));
};

const client = new Centrifuge(URL, {
  websocket: Tls,
  minReconnectDelay: 100,
  maxReconnectDelay: 200,
  ...(TOKENS ? { getToken: nextToken } : {}),
});
let id;
client.on('connected', (context) => {
  id = context.client;
  say('connected');
});
client.on('error', (context) => say('error', context.error?.code, context.error?.message));
client.on('disconnected', (context) => say('disconnected', context.code));
const readings = client.newSubscription(CHANNEL);
readings.on('subscribed', async () => {
  const present = await readings.presence();
  say('user', present.clients[id].user);
});
readings.on('publication', (context) => say('reading', Buffer.from(context.data).toString('hex')));
readings.subscribe();
client.connect();

for await (const line of createInterface({ input: process.stdin })) {
  const [command, value] = line.split(' ');
  if (command === 'publish') {
    await readings.publish(Buffer.from(value, 'hex')).catch((error) => say('refused', error.code));
  } else if (command === 'token') {
    waiting.length ? waiting.shift()(value) : tokens.push(value);
  }
}
