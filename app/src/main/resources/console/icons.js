// Line icons, 24 by 24.

import { html, svg } from './lib/lit-html/lit-html.js';

const paths = {
  overview: svg`<path d="M3 12h4l3-8 4 16 3-8h4"/>`,
  channels: svg`<path d="M5 9h14M5 15h14M10 4 8 20M16 4l-2 16"/>`,
  connections: svg`<path d="M9 12h6M8 8H7a4 4 0 0 0 0 8h1m8 0h1a4 4 0 0 0 0-8h-1"/>`,
  playground: svg`<path d="m5 7 5 5-5 5M12 18h7"/>`,
  nodes: svg`<rect x="4" y="4" width="16" height="6" rx="1.5"/><rect x="4" y="14" width="16" height="6" rx="1.5"/><path d="M8 7h.01M8 17h.01"/>`,
  configuration: svg`<path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.5" cy="7" r="2.5"/><circle cx="8.5" cy="17" r="2.5"/>`,
  theme: svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  logout: svg`<path d="M14 4h5v16h-5M4 12h11m-4-4 4 4-4 4"/>`,
};

export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${paths[name]}</svg>`;

export const bird = html`<img class="bird" src="/console/bird.svg" alt="" width="30" height="30">`;
