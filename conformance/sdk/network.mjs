// Where the nodes are, and a socket that a test can cut as a tunnel does: without a close frame.
//
//   DUNLIN_URLS    WebSocket addresses, separated by commas; clients are spread over them
//   DUNLIN_SECRET  the HS512 secret that tokens are signed with
import { webcrypto } from 'node:crypto';
import WebSocket from 'ws';

globalThis.crypto ??= webcrypto; // not global before Node 19

export const urls = process.env.DUNLIN_URLS.split(',').map((url) => () => url);
export const secret = process.env.DUNLIN_SECRET;

const sockets = new Set();
class Cuttable extends WebSocket {
  constructor(...args) {
    super(...args);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}

export const network = () => ({ websocket: Cuttable });
export const cutAll = async () => sockets.forEach((socket) => socket.terminate());
