import { html } from './lib/lit-html/lit-html.js';
import './chart.js';
import { bytes, count, micros, percent, plural, rate } from './format.js';
import { state } from './state.js';

const cards = [
  {
    title: 'Connections',
    about: 'WebSockets open now, and how many of them speak the channel protocol',
    series: [
      { key: 'connections', label: 'open', color: '--c1', value: count, least: 4 },
      { key: 'clients', label: 'clients', color: '--c2', value: count },
    ],
  },
  {
    title: 'Messages',
    about: 'WebSocket messages a second, however many share a write',
    series: [
      { key: 'messagesOut', label: 'out', color: '--c1', value: rate, unit: '/s', least: 5 },
      { key: 'messagesIn', label: 'in', color: '--c2', value: rate, unit: '/s' },
    ],
  },
  {
    title: 'Publications',
    about: 'Asked for on this node, a second',
    series: [{ key: 'published', label: 'published', color: '--c3', value: rate, unit: '/s', least: 5 }],
  },
  {
    title: 'Deliveries',
    about: 'Publications, joins and leaves handed to subscribers, a second',
    series: [{ key: 'deliveries', label: 'delivered', color: '--c1', value: rate, unit: '/s', least: 5 }],
  },
  {
    title: 'Delivery time',
    about: 'From the broker to the last subscriber of an event loop',
    series: [
      { key: 'p50', label: 'p50', color: '--c2', value: micros, gaps: true, least: 100 },
      { key: 'p99', label: 'p99', color: '--c4', value: micros, gaps: true },
    ],
  },
  {
    title: 'Traffic',
    about: 'Bytes on the wire a second, and what compression and batching have saved of those out',
    series: [
      { key: 'bytesOut', label: 'out', color: '--c1', value: bytes, unit: '/s', least: 1024 },
      { key: 'bytesIn', label: 'in', color: '--c2', value: bytes, unit: '/s' },
      { key: 'saved', label: 'saved', color: '--c3', value: bytes, unit: '/s' },
    ],
  },
  {
    title: 'Waiting',
    about: 'Bytes queued for slow clients, and for event loops',
    series: [
      { key: 'queued', label: 'clients', color: '--c4', value: bytes, least: 4096 },
      { key: 'backlog', label: 'loops', color: '--c3', value: bytes },
    ],
  },
  {
    title: 'Memory',
    about: 'Heap in use',
    series: [{ key: 'heap', label: 'heap', color: '--c2', value: bytes }],
  },
  {
    title: 'Processor',
    about: 'Of all processors together, by this process',
    series: [{ key: 'cpu', label: 'used', color: '--c4', value: percent, least: 0.1 }],
  },
];

export const title = 'Overview';

export function view() {
  const now = state.samples.at(-1);
  const times = state.samples.map((sample) => sample.at / 1000);
  return html`
    <section class="tiles" aria-label="Now">
      ${tile('Connections', now ? count(now.connections) : '–', now ? plural(now.users, 'user') : '')}
      ${tile('Channels', now ? count(now.channels) : '–', now ? plural(now.subscriptions, 'subscription') : '')}
      ${tile('Deliveries', now ? rate(now.deliveries) : '–', 'a second')}
      ${tile('Delivery time', now ? micros(now.p99) : '–', now?.p50 ? `p99 · median ${micros(now.p50)}` : 'p99 · nothing delivered')}
    </section>
    <section class="charts" aria-label="The last two minutes">
      ${cards.map((card) => html`
        <article class="card">
          <header>
            <h2>${card.title}</h2>
            <ul class="legend">
              ${card.series.map((each) => html`
                <li class=${each.color.slice(2)}><span>${each.label}</span> <b>${now ? each.value(now[each.key]) + (each.unit ?? '') : '–'}</b></li>`)}
            </ul>
          </header>
          <live-chart aria-hidden="true" .series=${card.series}
            .data=${[times, ...card.series.map((each) => column(each))]}></live-chart>
          <p class="about">${card.about}</p>
        </article>`)}
    </section>
    ${now?.dropped ? html`<p class="note bad" role="status">${count(now.dropped)} events were lost to a full backlog since the start.</p>` : ''}
  `;
}

/** A time of nothing is a gap, not a zero. */
function column(series) {
  return state.samples.map((sample) => (series.gaps && !sample[series.key] ? null : sample[series.key]));
}

const tile = (name, value, more) => html`
  <div class="tile"><h2>${name}</h2><p class="big">${value}</p><p class="more">${more}</p></div>`;
