// Text and binary of all sizes that matter, up to 10 MiB.
const sizes = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 10 << 20];

export function* messages() {
  for (const size of sizes) {
    // seven octets, and as many as are missing
    yield 'x\u00e9\u20ac '.repeat(Math.floor(size / 7)) + 'y'.repeat(size % 7);
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = (i * 31) ^ (i >> 9);
    yield bytes;
  }
}

export function same(message, echo) {
  if (typeof message === 'string') return message === echo;
  if (message.length !== echo.length) return false;
  for (let i = 0; i < message.length; i++) if (message[i] !== echo[i]) return false;
  return true;
}
