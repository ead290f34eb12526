import { html, nothing } from './lib/lit-html/lit-html.js';
import { live } from './lib/lit-html/directives/live.js';
import { bytes, clock, count, more, plural, pretty } from './format.js';
import { icon } from './icons.js';
import { ask } from './link.js';
import { Rows } from './rows.js';
import { changed, go, state, toast } from './state.js';

export const title = 'Channels';

const rows = new Rows('channels', (item) => item.name, (item) => [item.name, count(item.subscribers)]);
let search = '';
let order = 'name';
let detail = null;
let detailError = '';
let data = '{"text": "hello"}';
let publishing = false;

export function enter() {
  rows.seek({ search, order });
  tick();
}

/** Once a second while the view is shown. */
export function tick() {
  rows.refresh();
  if (state.argument) look(state.argument);
}

async function look(channel) {
  try {
    const found = await ask('channel', { channel });
    if (channel === state.argument) {
      detail = found;
      detailError = '';
    }
  } catch (failure) {
    detailError = failure.message;
  }
  changed();
}

async function publish(event) {
  event.preventDefault();
  publishing = true;
  const channel = state.argument;
  try {
    const { offset } = await ask('publish', { channel, data });
    toast(offset ? `Published at offset ${offset}` : 'Published');
    await look(channel);
  } catch (failure) {
    toast(failure.message, 'bad');
  }
  publishing = false;
  changed();
}

export function view() {
  const channel = state.argument;
  return html`
    <div class=${channel ? 'split chosen' : 'split'}>
      <section class="panel list" aria-label="All channels">
        <div class="bar">
          <label class="search">${icon('search')}
            <input type="search" placeholder="Search channels" aria-label="Search channels" data-search
              .value=${live(search)} @input=${(event) => {
                search = event.target.value;
                rows.seek({ search, order });
              }}>
          </label>
          <select aria-label="Order" @change=${(event) => {
            order = event.target.value;
            rows.seek({ search, order });
          }}>
            <option value="name">by name</option>
            <option value="subscribers">by subscribers</option>
          </select>
        </div>
        ${rows.view({
          label: 'Channels',
          head: ['Channel', 'Subscribers'],
          selected: channel,
          open: (item) => go('channels', item.name),
          empty: search ? 'No channel with subscribers has that in its name.' : 'Nobody subscribes to anything yet. The playground does.',
        })}
        <form class="foot" @submit=${(event) => {
          event.preventDefault();
          const name = new FormData(event.target).get('channel').trim();
          if (name) go('channels', name);
        }}>
          <span>${plural(rows.total, 'channel')}</span>
          <input name="channel" placeholder="Any channel" aria-label="Open any channel by name">
          <button class="quiet">Open</button>
        </form>
      </section>
      ${channel ? one(channel) : html`<section class="panel hint"><p>Choose a channel to see who is in it, what was published, and to publish.</p></section>`}
    </div>`;
}

function one(channel) {
  const known = detail?.channel === channel ? detail : null;
  return html`
    <section class="panel detail" aria-label="Channel ${channel}">
      <header>
        <h2 tabindex="-1">${channel}</h2>
        <button class="quiet round" aria-label="Close" @click=${() => go('channels')}>${icon('close')}</button>
      </header>
      ${detailError ? html`<p class="note bad" role="status">${detailError}</p>` : ''}
      <dl class="facts">
        <div><dt>Subscribers here</dt><dd>${known ? count(known.subscribers) : '–'}</dd></div>
        <div><dt>Present</dt><dd>${known?.present ?? '–'}</dd></div>
        <div><dt>Offset</dt><dd>${known?.offset ?? '–'}</dd></div>
        <div><dt>Epoch</dt><dd class="mono">${known?.epoch || '–'}</dd></div>
      </dl>
      <form class="publish" @submit=${publish}>
        <label for="payload">Publish JSON</label>
        <textarea id="payload" rows="3" spellcheck="false" .value=${live(data)}
          @input=${(event) => { data = event.target.value; }}
          @keydown=${(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit(); }}></textarea>
        <div class="actions"><small>Ctrl+Enter</small><button class="primary" ?disabled=${publishing}>Publish</button></div>
      </form>
      <h3>History</h3>
      ${known?.noHistory ? html`<p class="note">No history: ${known.noHistory}.</p>` : ''}
      <ol class="history" aria-label="History, latest first" aria-live="polite">
        ${known?.history?.map((each) => html`
          <li>
            <div class="meta"><b>#${each.offset}</b><span>${clock(each.time)}</span><span>${bytes(each.size)}</span>
              ${each.user ? html`<span>by ${each.user}</span>` : nothing}</div>
            <pre>${pretty(each.data)}</pre>
          </li>`)}
      </ol>
      ${known?.history?.length === 0 ? html`<p class="note">Nothing is kept at this moment.</p>` : ''}
      <h3>Presence</h3>
      ${known?.noPresence ? html`<p class="note">No presence: ${known.noPresence}.</p>` : ''}
      <ul class="people">
        ${known?.presence?.map((each) => html`
          <li><button class="link" @click=${() => go('connections', each.client)}>${each.user || 'anonymous'}</button>
            <span class="mono">${each.client}</span></li>`)}
      </ul>
      <p class="note">${known?.presence ? more(known.present - known.presence.length) : ''}</p>
    </section>`;
}
