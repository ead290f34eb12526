// What all views share, and how they are told that something has changed.

export const state = {
  view: 'overview',
  argument: '',
  link: 'connecting', // connecting, open, lost, login
  welcome: null,
  samples: [],
  password: false,
  toast: null,
};

let renderer = () => {};
let scheduled = false;

export function onChange(render) {
  renderer = render;
}

/** Draws again, once, when the browser next does. */
export function changed() {
  if (scheduled) return;
  scheduled = true;
  const draw = () => {
    scheduled = false;
    renderer();
  };
  // a hidden tab gets no animation frames, and its messages count all the same
  if (document.hidden) queueMicrotask(draw);
  else requestAnimationFrame(draw);
}

let toastTimer = 0;

/** Says something in passing; it is read out as well. */
export function toast(text, kind = 'good') {
  state.toast = { text, kind };
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    state.toast = null;
    changed();
  }, 4000);
  changed();
}

/** Goes to a view, perhaps at something in it. */
export function go(view, argument = '') {
  location.hash = argument ? `#/${view}/${encodeURIComponent(argument)}` : `#/${view}`;
}
