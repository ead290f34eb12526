// The console's WebSocket: samples come by themselves, questions get their answers.

import { state, changed } from './state.js';

const LOGGED_OUT = 4401;

let socket = null;
let last = 0;
let attempts = 0;
const waiting = new Map();
const listeners = new Set();

/** Calls with every sample. Returns what ends it. */
export function onSample(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function connect() {
  let session;
  try {
    const answer = await fetch('/console/session', { cache: 'no-store' });
    session = await answer.json();
  } catch {
    again();
    return;
  }
  state.password = session.password;
  state.development = session.development;
  if (!session.admitted) {
    state.link = 'login';
    changed();
    return;
  }
  const url = new URL('/console/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(url);
  socket.addEventListener('message', (event) => take(JSON.parse(event.data)));
  socket.addEventListener('close', closed);
}

function closed(event) {
  for (const { reject } of waiting.values()) reject(new Error('The connection to the server is lost.'));
  waiting.clear();
  if (event.code === LOGGED_OUT) {
    state.link = 'login';
    changed();
  } else {
    again();
  }
}

function again() {
  state.link = attempts === 0 && !state.welcome ? 'connecting' : 'lost';
  attempts++;
  changed();
  setTimeout(connect, Math.min(5000, 250 * 2 ** Math.min(attempts, 5)) * (0.7 + Math.random() * 0.6));
}

function take(message) {
  if (message.welcome) {
    state.welcome = message.welcome;
    state.samples = message.samples;
    state.link = 'open';
    attempts = 0;
  } else if (message.sample) {
    state.samples.push(message.sample);
    if (state.samples.length > state.welcome.remembered) state.samples.shift();
    for (const listener of listeners) listener(message.sample);
  } else {
    const question = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) question?.reject(new Error(message.error));
    else question?.resolve(message.answer);
  }
  changed();
}

/** Asks the server; rejects with a sentence for people. */
export function ask(what, details = {}) {
  if (!socket || socket.readyState !== WebSocket.OPEN) {
    return Promise.reject(new Error('There is no connection to the server.'));
  }
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ ...details, id, ask: what }));
  });
}

export async function login(password) {
  const answer = await fetch('/console/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ password }),
  });
  if (!answer.ok) {
    const { error } = await answer.json();
    throw new Error(error);
  }
  state.link = 'connecting';
  changed();
  await connect();
}

export async function logout() {
  await fetch('/console/logout', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  });
  // the server ends the connection within a second; the page then asks for the password
}
