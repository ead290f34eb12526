// Clients of the JavaScript SDK, as published, that follow channels and tell what they see.
//
// Each line of input is a client: name, protocol (json or protobuf), address, channels, separated by
// tabs. Each line of output is what one of them was told. The end of the input is the end of it.
// The other side is JavaScriptClients.java.
import { createInterface } from 'node:readline';
import { Centrifuge } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import WebSocket from 'ws';

class Uncompressed extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { perMessageDeflate: false });
  }
}

let lines = [];
const say = (...fields) => {
  if (lines.push(fields.join('\t')) === 1) {
    setImmediate(() => {
      const told = lines.join('\n') + '\n';
      lines = [];
      process.stdout.write(told);
    });
  }
};

const text = new TextDecoder();
let count = 0;

function follow(name, protocol, address, channels) {
  const Client = protocol === 'json' ? Centrifuge : ProtobufCentrifuge;
  const decode = (data) => (protocol === 'json' ? data : JSON.parse(text.decode(data)));
  const client = new Client(address, {
    websocket: count++ % 4 < 2 ? WebSocket : Uncompressed,
    minReconnectDelay: 20,
    maxReconnectDelay: 300,
    timeout: 60000, // longer than any reader is slow
  });
  client.on('connected', (context) => say(name, 'connected', context.client));
  client.on('connecting', (context) => say(name, 'disconnected', context.code));
  client.on('disconnected', (context) => say(name, 'disconnected', context.code));
  for (const channel of channels) {
    const subscription = client.newSubscription(channel, {
      minResubscribeDelay: 20,
      maxResubscribeDelay: 300,
    });
    subscription.on('subscribed', (context) => say(
      name, 'subscribed', channel, context.streamPosition.offset, context.streamPosition.epoch,
      context.wasRecovering, context.recovered));
    subscription.on('publication', (context) =>
      say(name, 'publication', channel, context.offset, decode(context.data).id));
    subscription.on('subscribing', (context) => say(name, 'ended', channel, context.code));
    subscription.on('unsubscribed', (context) => say(name, 'ended', channel, context.code));
    subscription.subscribe();
  }
  client.connect();
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, protocol, address, ...channels] = line.split('\t');
  follow(name, protocol, address, channels);
}
process.exit(0);
