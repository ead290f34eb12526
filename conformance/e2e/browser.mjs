// Headless Chromium as a client: echoes every kind of message; prints "ok" or fails.
// Usage: node browser.mjs CHROMIUM BATCHED [URL AGREED]..., where AGREED says of compression on or off,
// and BATCHED is the URL that answers with a thousand pieces, joined by newlines in fewer messages
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [executablePath, batched, ...targets] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--ignore-certificate-errors',
  ],
});
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const helpers = readFileSync(new URL('./messages.mjs', import.meta.url), 'utf8')
    .replaceAll('export ', '');
  for (let i = 0; i < targets.length; i += 2) {
    const [url, agreed] = targets.slice(i, i + 2);
    // the server's own page, even if it only says "not found": the origin is what counts
    await page.goto(new URL('/', url.replace(/^ws/, 'http')).href);
    const said = await page.evaluate(
      async ([url, helpers]) => {
        const { messages, same } = new Function(helpers + '; return { messages, same };')();
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        const event = (name) =>
          new Promise((go, fail) => {
            socket.addEventListener(name, go, { once: true });
            if (name !== 'close') {
              const closed = (e) => fail(new Error('closed ' + e.code));
              socket.addEventListener('close', closed, { once: true });
            }
          });
        await event('open');
        for (const message of messages()) {
          const echoed = event('message');
          socket.send(message);
          const { data } = await echoed;
          const echo = typeof data === 'string' ? data : new Uint8Array(data);
          if (!same(message, echo)) throw new Error('another echo for ' + message.length);
        }
        const closed = event('close');
        socket.close(1000, 'done');
        const { code, wasClean } = await closed;
        return `${socket.extensions.split(';')[0]} ${code} ${wasClean}`;
      },
      [url, helpers],
    );
    const expected = agreed === 'on' ? 'permessage-deflate 1000 true' : ' 1000 true';
    if (said !== expected) throw new Error(url + ': ' + said);
  }
  await page.goto(new URL('/', batched.replace(/^ws/, 'http')).href);
  const [messages, equal] = await page.evaluate(async (url) => {
    const expected = [];
    for (let i = 0; i < 1000; i++) expected.push(`piece ${i} ${'\u20ac'.repeat(i % 100)}`);
    const socket = new WebSocket(url);
    const pieces = [];
    let messages = 0;
    await new Promise((go, fail) => {
      socket.onopen = () => socket.send('go');
      socket.onclose = (e) => fail(new Error('closed ' + e.code));
      socket.onmessage = (e) => {
        messages++;
        pieces.push(...e.data.split('\n'));
        if (pieces.length >= expected.length) go();
      };
    });
    return [messages, pieces.join('\n') === expected.join('\n')];
  }, batched);
  if (!equal) throw new Error('other pieces in ' + messages + ' messages');
  if (messages > 500) throw new Error('hardly joined: ' + messages + ' messages');
  console.log('ok');
} finally {
  await browser.close();
}
