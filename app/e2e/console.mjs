// The console in headless Chromium, as its user: prints "ok" or fails with what did not happen.
// Usage: node console.mjs URL CHROMIUM CURL-LINE
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

const [base, executablePath, curl] = process.argv.slice(2);
const complaints = [];
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
  ],
});

/** A tab that notes whatever it should not do. */
async function tab(context, name) {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${name}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${name}: ${error.message}`));
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(base).host) complaints.push(`${name} asked ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(base).host) complaints.push(`${name} connected to ${socket.url()}`);
  });
  // a violation of the content security policy is an event of the document
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

async function play(page, user) {
  await page.goto(`${base}/#/playground`);
  await page.locator('[data-user]').fill(user);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.locator('[data-say]:enabled').waitFor();
}

async function say(page, text) {
  await page.locator('[data-say]').fill(text);
  await page.keyboard.press('Enter');
}

const hears = (page, who, text) =>
  page.locator('.talk li', { hasText: who }).filter({ hasText: text }).first().waitFor();

try {
  const context = await browser.newContext();
  const one = await tab(context, 'one');
  const two = await tab(context, 'two');

  // the address that is printed leads to the overview, which is alive
  await one.goto(base);
  await one.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await one.locator('.pill', { hasText: 'live' }).waitFor();
  await one.locator('.uplot canvas').first().waitFor();

  // a token has the claims that one chooses, or there is none
  await one.goto(`${base}/#/playground`);
  await one.locator('[data-claims]').fill('[1]');
  await one.getByRole('button', { name: 'Connect', exact: true }).click();
  await one.locator('.toast', { hasText: 'not a JSON object' }).waitFor();
  await one.locator('[data-claims]').fill('{"meta": {"team": "shore"}}');

  // two tabs exchange messages, and show the frames that carry them
  await play(one, 'ada');
  await play(two, 'grace');
  await say(one, 'hello from ada');
  await hears(two, 'ada', 'hello from ada');
  await say(two, 'hello from grace');
  await hears(one, 'grace', 'hello from grace');
  await one.locator('.frames .out', { hasText: '"publish"' }).first().waitFor();
  await two.locator('.frames .in', { hasText: 'hello from ada' }).first().waitFor();

  // the printed curl line arrives
  await two.locator('input[name=more]').fill('news');
  await two.keyboard.press('Enter');
  await two.locator('.talk li', { hasText: 'news · subscribed' }).waitFor();
  execFileSync('sh', ['-c', curl], { stdio: ['ignore', 'pipe', 'pipe'] });
  await hears(two, 'server', 'hello');

  // by keyboard: the list of channels, a search, and a message published from there arrives
  await one.locator('h1').click();
  await one.keyboard.press('2');
  await one.getByRole('heading', { name: 'Channels', level: 1 }).waitFor();
  await one.keyboard.press('/');
  await one.keyboard.type('lobb');
  await one.locator('.row', { hasText: 'chat:lobby' }).waitFor();
  await one.locator('.row', { hasText: 'news' }).waitFor({ state: 'detached' });
  await one.locator('.row', { hasText: 'chat:lobby' }).focus();
  await one.keyboard.press('Enter');
  await one.locator('.history', { hasText: 'hello from grace' }).waitFor();
  await one.locator('.people', { hasText: 'ada' }).waitFor();
  await one.locator('#payload').fill('{"text": "from the console"}');
  await one.keyboard.press('Control+Enter');
  await one.locator('.history', { hasText: 'from the console' }).waitFor();
  await hears(two, 'server', 'from the console');

  // somebody is found by name and disconnected, and sees why
  await one.goto(`${base}/#/connections`);
  await one.locator('[data-search]').fill('grace');
  await one.locator('.row', { hasText: 'grace' }).click();
  await one.locator('.detail', { hasText: 'news' }).waitFor();
  await one.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await two.locator('.who', { hasText: '3503' }).waitFor();
  await one.locator('.list', { hasText: 'Nobody of that name' }).waitFor();

  // the other views, then a reload in the middle of one
  await one.goto(`${base}/#/nodes`);
  await one.locator('.node', { hasText: 'memory' }).waitFor();
  await one.goto(`${base}/#/configuration`);
  await one.locator('tr', { hasText: 'client.token.hmac_secret_key' }).locator('td', { hasText: '***' }).waitFor();
  await one.reload();
  await one.locator('tr', { hasText: 'http_server.port' }).first().waitFor();

  // a phone: nothing is wider than the screen
  await one.setViewportSize({ width: 390, height: 844 });
  for (const view of ['overview', 'channels', 'connections', 'playground', 'nodes', 'configuration']) {
    await one.goto(`${base}/#/${view}`);
    await one.locator(`main.${view}`).waitFor();
    const wide = await one.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 390) complaints.push(`${view} is ${wide} wide`);
  }
  if (complaints.length) throw new Error(complaints.join('\n'));
  console.log('ok');
} finally {
  await browser.close();
}
