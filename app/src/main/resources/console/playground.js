import { html } from './lib/lit-html/lit-html.js';
import { live } from './lib/lit-html/directives/live.js';
import { repeat } from './lib/lit-html/directives/repeat.js';
import { Client } from './centrifuge.js';
import { bytes, preciseClock, pretty } from './format.js';
import { icon } from './icons.js';
import { ask } from './link.js';
import { changed, state, toast } from './state.js';

export const title = 'Playground';
export const short = 'Play';

const KEPT = 300;
const names = ['ada', 'grace', 'linus', 'barbara', 'edsger', 'radia', 'ken', 'margaret'];

const form = {
  user: `${names[Math.floor(Math.random() * names.length)]}-${Math.floor(Math.random() * 900 + 100)}`,
  info: '{"name": "Me"}',
  lifetime: 3600,
  claims: '',
  token: '',
  channel: 'chat:lobby',
  target: '',
  text: '',
};
let client = null;
let phase = 'idle'; // idle, connecting, connected
let own = '';
let closed = '';
const channels = new Map(); // name to 'subscribing' or 'subscribed'
const messages = [];
const frames = [];
let serial = 0;
let wide = false;

/** Logs that somebody has scrolled up: these stay where they are. */
const readingBack = new WeakSet();

function scrolled({ target }) {
  const left = target.scrollHeight - target.scrollTop - target.clientHeight;
  if (left > 40) readingBack.add(target);
  else readingBack.delete(target);
}

function keep(list, item) {
  list.push({ ...item, serial: ++serial, at: Date.now() });
  if (list.length > KEPT) list.shift();
  changed();
  requestAnimationFrame(() => {
    for (const log of document.querySelectorAll('[data-follow]')) {
      if (!readingBack.has(log)) log.scrollTop = log.scrollHeight;
    }
  });
}

async function connect(event) {
  event.preventDefault();
  phase = 'connecting';
  closed = '';
  changed();
  try {
    const token = state.welcome.tokens
      ? (await ask('token', { user: form.user, info: form.info, lifetime: Number(form.lifetime), claims: form.claims })).token
      : form.token.trim();
    client = new Client({
      frame: (direction, text) => keep(frames, { direction, text }),
      push: take,
      ended,
    });
    const url = new URL(state.welcome.clientPath, location.href);
    if (state.welcome.clientPort) url.port = state.welcome.clientPort;
    const secure = state.welcome.clientPort ? state.welcome.clientSecure : location.protocol === 'https:';
    url.protocol = secure ? 'wss:' : 'ws:';
    const result = await client.connect(url, token);
    own = result.client;
    phase = 'connected';
    if (form.channel) await subscribe(form.channel);
  } catch (failure) {
    toast(failure.message, 'bad');
    client?.close();
    if (phase === 'connecting') phase = 'idle';
  }
  changed();
}

function ended(code, reason) {
  phase = 'idle';
  own = '';
  channels.clear();
  closed = `Closed with ${code}${reason ? `: ${reason}` : ''}`;
  keep(messages, { kind: 'event', text: closed });
}

async function subscribe(channel) {
  if (!channel || channels.has(channel)) return;
  channels.set(channel, 'subscribing');
  changed();
  try {
    const result = await client.call({ subscribe: { channel } }, 'subscribe');
    channels.set(channel, 'subscribed');
    form.target = channel;
    for (const publication of result.publications ?? []) take({ channel, pub: publication });
    keep(messages, { kind: 'event', channel, text: 'subscribed' });
  } catch (failure) {
    channels.delete(channel);
    toast(`${channel}: ${failure.message}`, 'bad');
  }
  changed();
}

async function unsubscribe(channel) {
  try {
    await client.call({ unsubscribe: { channel } }, 'unsubscribe');
    channels.delete(channel);
    if (form.target === channel) form.target = channels.keys().next().value ?? '';
    keep(messages, { kind: 'event', channel, text: 'unsubscribed' });
  } catch (failure) {
    toast(failure.message, 'bad');
  }
}

async function publish(event) {
  event.preventDefault();
  const text = form.text.trim();
  if (!text || !form.target) return;
  try {
    await client.call({ publish: { channel: form.target, data: json(text) } }, 'publish');
    form.text = '';
  } catch (failure) {
    toast(failure.message, 'bad');
  }
  changed();
}

/** What is typed as JSON goes as it is, anything else as a text in an object. */
function json(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { text };
  } catch {
    return { text };
  }
}

function take(push) {
  const channel = push.channel ?? '';
  if (push.pub) {
    const by = push.pub.info;
    const data = push.pub.data;
    keep(messages, {
      kind: by?.client === own ? 'mine' : 'message',
      channel,
      by: by ? by.user || 'anonymous' : 'server',
      offset: push.pub.offset,
      text: typeof data?.text === 'string' && Object.keys(data).length === 1 ? data.text : JSON.stringify(data),
    });
  } else if (push.join || push.leave) {
    const who = (push.join ?? push.leave).info;
    if (who.client !== own) keep(messages, { kind: 'event', channel, text: `${who.user || 'anonymous'} ${push.join ? 'joined' : 'left'}` });
  } else if (push.unsubscribe) {
    channels.delete(channel);
    keep(messages, { kind: 'event', channel, text: `unsubscribed by the server: ${push.unsubscribe.reason}` });
  } else if (push.message) {
    keep(messages, { kind: 'message', channel: '', by: 'server', text: JSON.stringify(push.message.data) });
  }
}

const set = (name) => (event) => {
  form[name] = event.target.value;
  changed();
};

export function view() {
  return html`
    <div class="play">
      <section class="panel who" aria-label="Client">
        ${phase === 'connected' ? connected() : disconnected()}
      </section>
      <section class="panel talk" aria-label="Messages">
        <header><h2>Messages</h2>${form.target ? html`<span class="pill">${form.target}</span>` : ''}</header>
        <ol class="log" data-follow tabindex="0" @scroll=${scrolled} aria-label="Messages, latest last" aria-live="polite">
          ${messages.length === 0 ? html`<li class="event">Connect, then open this page in a second tab: what one says the other hears.</li>` : ''}
          ${repeat(messages, (each) => each.serial, message)}
        </ol>
        <form class="say" @submit=${publish}>
          <input aria-label="Message" placeholder=${phase === 'connected' ? 'Say something, or JSON' : 'Connect first'} autocomplete="off"
            ?disabled=${phase !== 'connected' || !form.target} .value=${live(form.text)} @input=${set('text')} data-say>
          <button class="primary" ?disabled=${phase !== 'connected' || !form.target}>Publish</button>
        </form>
      </section>
      <section class="panel wire" aria-label="Frames">
        <header><h2>Frames</h2>
          <label class="check"><input type="checkbox" .checked=${live(wide)} @change=${(event) => { wide = event.target.checked; changed(); }}> indent</label>
          <button class="quiet small" @click=${() => { frames.length = 0; changed(); }}>Clear</button>
        </header>
        <ol class="log frames" data-follow tabindex="0" @scroll=${scrolled} aria-label="Frames as they travel, latest last">
          ${frames.length === 0 ? html`<li class="event">Every frame between this client and the server, as it travels.</li>` : ''}
          ${repeat(frames, (each) => each.serial, frame)}
        </ol>
      </section>
    </div>`;
}

const disconnected = () => html`
  <header><h2>Client</h2><span class="pill">${phase === 'connecting' ? 'connecting' : 'not connected'}</span></header>
  <form @submit=${connect}>
    ${state.welcome?.tokens ? html`
      <label>User<input required .value=${live(form.user)} @input=${set('user')} autocomplete="off" data-user></label>
      <label>Info, JSON that others see<textarea rows="2" spellcheck="false" .value=${live(form.info)} @input=${set('info')}></textarea></label>
      <label>Token lasts, seconds<input type="number" min="1" max="604800" .value=${live(String(form.lifetime))} @input=${set('lifetime')}></label>
      <label>More claims, JSON<textarea rows="2" spellcheck="false" placeholder='{"channels": ["news"]}' .value=${live(form.claims)} @input=${set('claims')} data-claims></textarea></label>`
    : html`<label>Token<textarea rows="4" spellcheck="false" .value=${live(form.token)} @input=${set('token')} placeholder="of your back end, or dunlin token"></textarea></label>`}
    <label>Subscribe to<input .value=${live(form.channel)} @input=${set('channel')} autocomplete="off"></label>
    <button class="primary" ?disabled=${phase === 'connecting'}>Connect</button>
  </form>
  ${closed ? html`<p class="note" role="status">${closed}</p>` : ''}`;

const connected = () => html`
  <header><h2>${form.user || 'Client'}</h2><span class="pill good">connected</span></header>
  <p class="mono faint">${own}</p>
  <h3>Subscriptions</h3>
  <ul class="people">
    ${[...channels].map(([name, how]) => html`
      <li>
        <label class="check"><input type="radio" name="target" .checked=${live(form.target === name)} @change=${() => { form.target = name; changed(); }}> ${name}</label>
        ${how === 'subscribed'
          ? html`<button class="quiet round small" aria-label="Unsubscribe from ${name}" @click=${() => unsubscribe(name)}>${icon('close')}</button>`
          : html`<span class="faint">…</span>`}
      </li>`)}
  </ul>
  <form class="inline" @submit=${(event) => {
    event.preventDefault();
    subscribe(new FormData(event.target).get('more').trim());
    event.target.reset();
  }}>
    <input name="more" placeholder="Channel" aria-label="Another channel" autocomplete="off"><button class="quiet">Subscribe</button>
  </form>
  <div class="actions"><button class="quiet" @click=${() => client.close()}>Disconnect</button></div>`;

const message = (each) => each.kind === 'event'
  ? html`<li class="event">${each.channel ? `${each.channel} · ` : ''}${each.text}</li>`
  : html`<li class=${each.kind}>
      <div class="meta"><b>${each.by}</b><span>${each.channel}</span>${each.offset ? html`<span>#${each.offset}</span>` : ''}<span>${preciseClock(each.at)}</span></div>
      <p>${each.text}</p>
    </li>`;

const frame = (each) => html`
  <li class=${each.direction}>
    <div class="meta"><b aria-label=${each.direction === 'out' ? 'sent' : 'received'}>${each.direction === 'out' ? '↑' : '↓'}</b><span>${preciseClock(each.at)}</span><span>${bytes(new TextEncoder().encode(each.text).length)}</span></div>
    <pre>${wide ? each.text.split('\n').map(pretty).join('\n') : each.text}</pre>
  </li>`;
