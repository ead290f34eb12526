import { html } from './lib/lit-html/lit-html.js';
import { live } from './lib/lit-html/directives/live.js';
import { bytes, count, more, plural } from './format.js';
import { icon } from './icons.js';
import { ask } from './link.js';
import { Rows } from './rows.js';
import { changed, go, state, toast } from './state.js';

export const title = 'Connections';
export const short = 'Clients';

const rows = new Rows(
  'connections',
  (item) => item.id,
  (item) => [item.user || 'anonymous', item.sdk || item.protocol, item.address, item.node, count(item.channels), bytes(item.queued)],
);
let search = '';
let order = 'user';
let detail = null;
let detailError = '';

export function enter() {
  rows.seek({ search, order });
  tick();
}

export function tick() {
  rows.refresh();
  if (state.argument) look(state.argument);
}

async function look(client) {
  try {
    const found = await ask('connection', { client });
    if (client === state.argument) {
      detail = found;
      detailError = '';
    }
  } catch (failure) {
    if (client === state.argument) {
      detail = null;
      detailError = failure.message;
    }
  }
  changed();
}

async function disconnect(client, reconnect) {
  try {
    await ask('disconnect', { client, reconnect });
    toast(reconnect ? 'Told to reconnect' : 'Disconnected');
    tick();
  } catch (failure) {
    toast(failure.message, 'bad');
  }
}

async function unsubscribe(client, channel) {
  try {
    await ask('unsubscribe', { client, channel });
    toast(`Unsubscribed from ${channel}`);
    tick();
  } catch (failure) {
    toast(failure.message, 'bad');
  }
}

export function view() {
  const chosen = state.argument;
  return html`
    <div class=${chosen ? 'split chosen' : 'split'}>
      <section class="panel list" aria-label="All connections">
        <div class="bar">
          <label class="search">${icon('search')}
            <input type="search" placeholder="Search by user or id" aria-label="Search by user or id" data-search
              .value=${live(search)} @input=${(event) => {
                search = event.target.value;
                rows.seek({ search, order });
              }}>
          </label>
          <select aria-label="Order" @change=${(event) => {
            order = event.target.value;
            rows.seek({ search, order });
          }}>
            <option value="user">by user</option>
            <option value="queued">by queue</option>
          </select>
        </div>
        <div class="wide">${rows.view({
          label: 'Connections',
          head: ['User', 'Client', 'Address', 'Node', 'Channels', 'Queue'],
          selected: chosen,
          open: (item) => go('connections', item.id),
          empty: search ? 'Nobody of that name is connected.' : 'Nobody is connected yet. The playground does that.',
        })}</div>
        <div class="foot"><span>${plural(rows.total, 'connection')}</span></div>
      </section>
      ${chosen ? one(chosen) : html`<section class="panel hint"><p>Choose a connection to see what it is subscribed to, or to end it.</p></section>`}
    </div>`;
}

function one(id) {
  const known = detail?.client.id === id ? detail : null;
  return html`
    <section class="panel detail" aria-label="Connection of ${known?.client.user ?? id}">
      <header>
        <h2>${known ? known.client.user || 'anonymous' : id}</h2>
        <button class="quiet round" aria-label="Close" @click=${() => go('connections')}>${icon('close')}</button>
      </header>
      ${detailError ? html`<p class="note" role="status">${detailError}</p>` : ''}
      ${known ? html`
        <dl class="facts">
          <div><dt>Id</dt><dd class="mono">${known.client.id}</dd></div>
          <div><dt>Address</dt><dd class="mono">${known.client.address}</dd></div>
          <div><dt>Node</dt><dd>${known.client.node}</dd></div>
          <div><dt>SDK</dt><dd>${known.client.sdk || 'unnamed'}</dd></div>
          <div><dt>Protocol</dt><dd>${known.client.protocol}</dd></div>
          <div><dt>Queue</dt><dd>${bytes(known.client.queued)}</dd></div>
          <div><dt>Ends</dt><dd>${known.expiresAt ? new Date(known.expiresAt).toLocaleString('en-GB') : 'never'}</dd></div>
        </dl>
        <div class="actions">
          <button class="quiet" @click=${() => disconnect(id, true)}>Make it reconnect</button>
          <button class="danger" @click=${() => disconnect(id, false)}>Disconnect</button>
        </div>
        <h3>${plural(known.client.channels, 'subscription')}</h3>
        <ul class="people">
          ${known.channels.map((channel) => html`
            <li><button class="link" @click=${() => go('channels', channel)}>${channel}</button>
              <button class="quiet small" @click=${() => unsubscribe(id, channel)} aria-label="Unsubscribe from ${channel}">Unsubscribe</button></li>`)}
        </ul>
        <p class="note">${more(known.client.channels - known.channels.length)}</p>` : ''}
    </section>`;
}
