import { html } from './lib/lit-html/lit-html.js';
import { live } from './lib/lit-html/directives/live.js';
import { icon } from './icons.js';
import { ask } from './link.js';
import { changed } from './state.js';

export const title = 'Configuration';
export const short = 'Options';

let settings = [];
let error = '';
let search = '';
let onlyChanged = false;

export async function enter() {
  try {
    settings = await ask('configuration');
    error = '';
  } catch (failure) {
    error = failure.message;
  }
  changed();
}

export function view() {
  const shown = settings.filter(
    (each) => (each.path + each.about).toLowerCase().includes(search.toLowerCase()) && (!onlyChanged || each.changed),
  );
  return html`
    <section class="panel settings" aria-label="Options">
      <div class="bar">
        <label class="search">${icon('search')}
          <input type="search" placeholder="Search options" aria-label="Search options" data-search .value=${live(search)}
            @input=${(event) => { search = event.target.value; changed(); }}></label>
        <label class="check"><input type="checkbox" .checked=${live(onlyChanged)}
          @change=${(event) => { onlyChanged = event.target.checked; changed(); }}> not the default</label>
      </div>
      ${error ? html`<p class="note bad" role="status">${error}</p>` : ''}
      <table>
        <thead><tr><th scope="col">Option</th><th scope="col">Value</th><th scope="col">What it sets</th></tr></thead>
        <tbody>
          ${shown.map((each) => html`
            <tr class=${each.changed ? 'changed' : ''}>
              <th scope="row" class="mono">${each.path}</th>
              <td class="mono">${each.value || html`<span class="faint">unset</span>`}</td>
              <td>${each.about}</td>
            </tr>`)}
        </tbody>
      </table>
      ${shown.length === 0 && settings.length ? html`<p class="empty">No option has that in its name.</p>` : ''}
    </section>`;
}
