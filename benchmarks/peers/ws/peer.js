// npm ws: node peer.js PORT plain|deflate
'use strict';
const { WebSocketServer, WebSocket } = require('ws');

const server = new WebSocketServer({
  port: Number(process.argv[2]),
  host: '127.0.0.1',
  backlog: 4096,
  maxPayload: 1 << 20,
  perMessageDeflate: process.argv[3] === 'deflate' ? { threshold: 0 } : false,
});
const fan = new Set();

server.on('connection', (socket, request) => {
  if (request.url === '/fan') {
    fan.add(socket);
    socket.on('close', () => fan.delete(socket));
  }
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => {
    if (request.url !== '/pub') {
      socket.send(data, { binary });
      return;
    }
    for (const subscriber of fan) {
      if (subscriber.readyState === WebSocket.OPEN) subscriber.send(data, { binary });
    }
  });
});
