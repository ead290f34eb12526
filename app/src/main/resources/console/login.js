import { html } from './lib/lit-html/lit-html.js';
import { bird } from './icons.js';
import { login } from './link.js';
import { changed, state } from './state.js';

let error = '';
let busy = false;

async function submit(event) {
  event.preventDefault();
  busy = true;
  error = '';
  changed();
  try {
    await login(new FormData(event.target).get('password'));
  } catch (failure) {
    error = failure.message;
  }
  busy = false;
  changed();
}

export const view = () => html`
  <main class="login">
    <form class="panel" @submit=${submit}>
      ${bird}
      <h1>Dunlin console</h1>
      ${state.password ? html`
        <label>Password<input name="password" type="password" autocomplete="current-password" required autofocus></label>
        <button class="primary" ?disabled=${busy}>Log in</button>`
      : state.development
        ? html`<p>In development the console opens under <a href="http://localhost:${location.port}/console/">localhost</a> only.</p>`
        : html`<p>This console opens to listed client certificates.</p>`}
      <p class="note bad" role="alert">${error}</p>
    </form>
  </main>`;
