import { html } from './lib/lit-html/lit-html.js';
import { bytes, count, seconds } from './format.js';
import { ask } from './link.js';
import { changed } from './state.js';

export const title = 'Nodes';

let nodes = [];
let error = '';

export const enter = () => tick();

export async function tick() {
  try {
    nodes = await ask('nodes');
    error = '';
  } catch (failure) {
    error = failure.message;
  }
  changed();
}

export const view = () => html`
  ${error ? html`<p class="note bad" role="status">${error}</p>` : ''}
  ${nodes.map((node) => html`
    <article class="panel node">
      <header><h2>${node.name}</h2><span class=${node.linked ? 'pill good' : 'pill bad'}>${node.linked ? 'broker linked' : 'no broker'}</span></header>
      <dl class="facts">
        ${fact('Up', seconds(node.uptime))}
        ${fact('Version', node.version)}
        ${fact('Clients', count(node.clients))}
        ${fact('Users', count(node.users))}
        ${fact('Channels', count(node.channels))}
        ${fact('Subscriptions', count(node.subscriptions))}
        ${fact('Broker', node.broker)}
        ${fact('Heap', `${bytes(node.heap)} of ${bytes(node.maxHeap)}`)}
        ${node.rss ? fact('Memory', bytes(node.rss)) : ''}
        ${fact('Processors', node.processors)}
        ${node.cpu === undefined ? '' : fact('Processor time', `${Math.round(node.cpu)} % of one`)}
        ${fact('Java', node.java)}
        ${fact('System', node.system)}
        ${fact('Id', node.uid)}
      </dl>
    </article>`)}
  <p class="note">Apart from this page the console shows the node it is served by, which stands first. Each node has a console of its own.</p>`;

const fact = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
