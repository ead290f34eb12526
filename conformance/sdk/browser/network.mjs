// The browser's own socket, through a relay that knows clients by name and cuts them when it is asked to.
const { url, secret: shared } = window.dunlin;

export const urls = [() => `${url}?client=${crypto.randomUUID()}`];
export const secret = shared;
export const network = () => ({});
export const cutAll = () => fetch('/cut', { method: 'POST' });
