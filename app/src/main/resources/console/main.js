// The console's frame: navigation, shortcuts, and the view that is open.

import { html, render } from './lib/lit-html/lit-html.js';
import * as channels from './channels.js';
import * as configuration from './configuration.js';
import * as connections from './connections.js';
import { bird, icon } from './icons.js';
import { connect, logout, onSample } from './link.js';
import * as login from './login.js';
import * as nodes from './nodes.js';
import * as overview from './overview.js';
import * as playground from './playground.js';
import { changed, go, onChange, state } from './state.js';

const views = { overview, channels, connections, playground, nodes, configuration };
const root = document.getElementById('console');

// ---- colours

const saved = localStorage.getItem('theme');
if (saved) document.documentElement.dataset.theme = saved;

function toggleTheme() {
  const html = document.documentElement;
  const dark = html.dataset.theme
    ? html.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  html.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('theme', html.dataset.theme);
  dispatchEvent(new Event('themechange'));
}

// ---- where we are

function route() {
  const [, name, argument] = /^#\/([a-z]+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  const view = views[name] ? name : 'overview';
  const moved = view !== state.view;
  state.view = view;
  state.argument = argument ? decodeURIComponent(argument) : '';
  document.title = `${views[view].title} · Dunlin`;
  if (state.link === 'open') moved ? views[view].enter?.() : views[view].tick?.();
  changed();
}

let wasOpen = false;

function draw() {
  const open = state.link === 'open';
  if (open && !wasOpen) views[state.view].enter?.();
  wasOpen = open;
  render(state.link === 'login' ? login.view() : frame(), root);
}

const frame = () => html`
  <a class="skip" href="#main" @click=${(event) => {
    event.preventDefault();
    document.getElementById('main').focus();
  }}>Skip to the content</a>
  <nav class="side" aria-label="Console">
    <a class="brand" href="#/overview">${bird}<span>Dunlin</span></a>
    <ul>
      ${Object.keys(views).map((name, index) => html`
        <li><a href="#/${name}" aria-label=${views[name].title} aria-current=${name === state.view ? 'page' : 'false'} title="${views[name].title} (${index + 1})">
          ${icon(name)}<span class="long">${views[name].title}</span><span class="short" aria-hidden="true">${views[name].short ?? views[name].title}</span></a></li>`)}
    </ul>
    <p class="version">${state.welcome ? `${state.welcome.version}` : ''}</p>
  </nav>
  <div class="page">
    <header class="top">
      <h1>${views[state.view].title}</h1>
      <span class="pill ${state.link === 'open' ? 'good' : 'bad'}" role="status">${{ open: 'live', connecting: 'connecting', lost: 'reconnecting' }[state.link]}</span>
      <span class="grow"></span>
      ${state.welcome ? html`<span class="where">${state.welcome.node.name}</span>` : ''}
      <button class="quiet round" @click=${toggleTheme} aria-label="Light or dark" title="Light or dark (t)">${icon('theme')}</button>
      ${state.password ? html`<button class="quiet round" @click=${logout} aria-label="Log out" title="Log out">${icon('logout')}</button>` : ''}
    </header>
    <main id="main" tabindex="-1" class=${state.view}>${views[state.view].view()}</main>
  </div>
  <div class="toast ${state.toast?.kind ?? ''}" role="status" ?hidden=${!state.toast}>${state.toast?.text}</div>`;

// ---- keyboard: 1 to 6 open the views, / searches, t turns the lights, Escape closes what is open

addEventListener('keydown', (event) => {
  const typing = event.target.matches?.('input, textarea, select');
  if (event.key === 'Escape') {
    if (typing) event.target.blur();
    else if (state.argument) go(state.view);
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || state.link === 'login') return;
  const view = Object.keys(views)[Number(event.key) - 1];
  if (view) {
    go(view);
  } else if (event.key === '/') {
    const search = document.querySelector('[data-search]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  } else if (event.key === 't') {
    toggleTheme();
  }
});

addEventListener('hashchange', route);
onChange(draw);
onSample(() => {
  if (!document.hidden) views[state.view].tick?.();
});
route();
connect();
