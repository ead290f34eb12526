// A list of any length: the server is asked for the rows in sight and some around them, and only
// those exist in the page.

import { html } from './lib/lit-html/lit-html.js';
import { repeat } from './lib/lit-html/directives/repeat.js';
import { ask } from './link.js';
import { changed } from './state.js';

const HEIGHT = 44;
const AROUND = 12;

export class Rows {
  total = 0;
  error = '';
  first = 0;
  items = [];
  loaded = false;
  #question;
  #details = {};
  #key;
  #cells;
  #top = 0;
  #visible = 20;
  #asked = 0;
  #busy = false;
  #stale = false;

  /**
   * @param question what to ask the server for
   * @param key what tells an item from others
   * @param cells an item as cells
   */
  constructor(question, key, cells) {
    this.#question = question;
    this.#key = key;
    this.#cells = cells;
  }

  /** Looks for something else, from the top. */
  seek(details) {
    this.#details = details;
    this.#top = 0;
    const box = document.querySelector('.rows');
    if (box) box.scrollTop = 0;
    this.refresh();
  }

  /** Asks again for what is in sight; one question at a time. */
  async refresh() {
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    const asked = ++this.#asked;
    try {
      const offset = Math.max(0, Math.floor(this.#top / HEIGHT) - AROUND);
      const part = await ask(this.#question, { ...this.#details, offset, limit: this.#visible + 2 * AROUND });
      if (asked === this.#asked) {
        this.total = part.total;
        this.first = part.offset;
        this.items = part.items;
        this.error = '';
        this.loaded = true;
      }
    } catch (failure) {
      this.error = failure.message;
    }
    this.#busy = false;
    if (this.#stale) {
      this.#stale = false;
      this.refresh();
    }
    changed();
  }

  #scrolled = (event) => {
    this.#top = event.target.scrollTop;
    this.#visible = Math.min(160, Math.ceil(event.target.clientHeight / HEIGHT) + 1);
    const from = Math.floor(this.#top / HEIGHT);
    const to = Math.min(this.total, from + this.#visible);
    if (from < this.first || to > this.first + this.items.length) this.refresh();
  };

  /** Up and down walk through the rows. */
  #walk = (event) => {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const next = step && event.target.closest('.row')?.[step];
    if (next?.classList.contains('row')) {
      event.preventDefault();
      next.focus();
    }
  };

  view({ label, head, selected, open, empty }) {
    return html`
      <div class="table" role="table" aria-label=${label} aria-rowcount=${this.total + 1}>
        <div class="head" role="row">${head.map((each) => html`<span role="columnheader">${each}</span>`)}</div>
        <div class="rows" role="rowgroup" @scroll=${this.#scrolled} @keydown=${this.#walk}>
          <svg class="space" width="1" height=${this.first * HEIGHT} aria-hidden="true"></svg>
          ${repeat(this.items, this.#key, (item, index) => html`
            <button class="row" role="row" aria-rowindex=${this.first + index + 2}
              aria-selected=${this.#key(item) === selected} @click=${() => open(item)}>
              ${this.#cells(item).map((cell) => html`<span role="cell">${cell}</span>`)}
            </button>`)}
          <svg class="space" width="1" height=${Math.max(0, this.total - this.first - this.items.length) * HEIGHT} aria-hidden="true"></svg>
          ${this.error ? html`<p class="empty bad" role="status">${this.error}</p>` : ''}
          ${this.loaded && this.total === 0 ? html`<p class="empty">${empty}</p>` : ''}
        </div>
      </div>`;
  }
}
