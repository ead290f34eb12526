// An operator's console in headless Chromium: a client certificate, the password, many channels,
// the keyboard, dark and small screens. Prints what was measured and "ok", or fails.
// Usage: node operator.mjs URL CHROMIUM FOLDER-OF-CERTIFICATES PASSWORD CHANNELS [FOLDER-FOR-SCREENSHOTS]
import { chromium } from 'playwright-core';

const [base, executablePath, folder, password, channels, shots] = process.argv.slice(2);
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

async function tab(certificate, options = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    clientCertificates: [{ origin: base, certPath: `${folder}/${certificate}.crt`, keyPath: `${folder}/${certificate}.key` }],
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(`${certificate}: ${error.message}`));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, task.duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  page.on('console', (message) => {
    if (message.text().startsWith('policy:')) complaints.push(`${certificate}: ${message.text()}`);
  });
  return page;
}

const shoot = async (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png` });
const expect = (what, holds) => {
  if (!holds) throw new Error(what);
};

/** Whether each cell of a list lies in its row, where it can be read. */
const inRows = (page) => page.evaluate(() => [...document.querySelectorAll('.row > span')].every((cell) => {
  const box = cell.getBoundingClientRect();
  const row = cell.parentElement.getBoundingClientRect();
  return box.height === 0 || (box.top >= row.top && box.bottom <= row.bottom && box.right <= row.right);
}));

try {
  // the listed certificate is enough
  const operator = await tab('operator');
  await operator.goto(base);
  await operator.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await operator.locator('.pill', { hasText: 'live' }).waitFor();

  // another one of the authority's is asked for the password
  const colleague = await tab('colleague', { colorScheme: 'dark' });
  await colleague.goto(base);
  await colleague.waitForFunction(() => document.activeElement?.type === 'password');
  await colleague.keyboard.type('something else');
  await colleague.keyboard.press('Enter');
  await colleague.getByRole('alert').filter({ hasText: /./ }).waitFor();
  await shoot(colleague, 'login');
  await colleague.locator('input[name=password]').fill(password);
  await colleague.keyboard.press('Enter');
  await colleague.locator('.pill', { hasText: 'live' }).waitFor();
  await colleague.reload();
  await colleague.locator('.pill', { hasText: 'live' }).waitFor();
  await shoot(colleague, 'overview-dark');

  // by keyboard alone: many channels, of which only the rows in sight exist
  await operator.keyboard.press('2');
  await operator.locator('.foot', { hasText: Number(channels).toLocaleString('en') }).waitFor();
  await operator.evaluate(() => { globalThis.longest = 0; });
  const begun = Date.now();
  const rows = operator.locator('.rows');
  for (let part = 1; part <= 20; part++) {
    await rows.evaluate((box, share) => { box.scrollTop = box.scrollHeight * share; }, part / 20);
    await operator.evaluate(() => new Promise(requestAnimationFrame));
  }
  const last = `room-${String(channels - 1).padStart(5, '0')}`;
  await operator.locator('.row', { hasText: last }).waitFor();
  const scrolled = Date.now() - begun;
  const existing = await operator.locator('.row').count();
  expect(`${existing} rows are in the page`, existing < 200);
  await shoot(operator, 'channels-end');

  // a search among them, letter by letter, and through the rows found
  await operator.keyboard.press('/');
  const searched = Date.now();
  await operator.keyboard.type('room-0777');
  await operator.locator('.foot', { hasText: /^\s*10 channels/ }).waitFor();
  const found = Date.now() - searched;
  await operator.locator('.row', { hasText: 'room-07770' }).focus();
  await operator.keyboard.press('ArrowDown');
  await operator.keyboard.press('Enter');
  await operator.locator('.detail h2', { hasText: 'room-07771' }).waitFor();
  await operator.locator('.people', { hasText: 'ann' }).waitFor();
  await shoot(operator, 'channel-found');
  await operator.keyboard.press('Escape');
  await operator.locator('.detail').waitFor({ state: 'detached' });
  const longest = await operator.evaluate(() => Math.round(globalThis.longest));
  expect(`the page stood still for ${longest} ms`, longest < 500);

  // whoever is subscribed to all of them
  await operator.keyboard.press('3');
  await operator.locator('.row', { hasText: 'ann' }).first().waitFor();
  expect('a cell of a connection lies outside its row', await inRows(operator));
  await operator.locator('.row', { hasText: 'ann' }).first().click();
  await operator.locator('.detail', { hasText: 'room-0' }).filter({ hasText: 'and 800 more' }).waitFor();
  expect('a cell lies outside its row beside an open connection', await inRows(operator));
  await shoot(operator, 'connection');

  // dark and small
  await colleague.setViewportSize({ width: 390, height: 844 });
  for (const view of ['overview', 'channels', 'connections', 'playground', 'nodes', 'configuration']) {
    await colleague.goto(`${base}/#/${view}`);
    await colleague.locator(`main.${view}`).waitFor();
    const wide = await colleague.evaluate(() => document.documentElement.scrollWidth);
    expect(`${view} is ${wide} wide`, wide <= 390);
    if (view === 'connections') await colleague.locator('.row').first().waitFor();
    expect(`a cell of ${view} lies outside its row`, await inRows(colleague));
    await colleague.waitForTimeout(shots ? 1500 : 0);
    await shoot(colleague, `phone-${view}`);
  }

  // out again
  await colleague.getByRole('button', { name: 'Log out' }).click();
  await colleague.locator('input[name=password]').waitFor();
  expect(complaints.join('\n'), complaints.length === 0);
  console.log(`scrolled in ${scrolled} ms, found in ${found} ms, longest task ${longest} ms, ${existing} rows`);
  console.log('ok');
} finally {
  await browser.close();
}
