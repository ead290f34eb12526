// Signs and verifies single messages as dev.dunlin.auth.SignedMessages does. Needs WebCrypto: any
// current browser, Node 20 or later. See signed-messages.md beside this file.

const ascii = new TextEncoder();
const MEMBERS = ['alg', 'b64', 'crit', 'ch', 'cid', 'seq', 'len'];

export class Refused extends Error {
  constructor(fault) {
    super(fault);
    this.fault = fault;
  }
}

/** The HMAC key of one connection: HKDF with SHA-256, the connection as salt. */
export async function connectionKey(secret, connection) {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: ascii.encode(connection),
    info: ascii.encode('dunlin signed messages'),
  };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 256));
}

/** Signs the messages of one direction, in their order. */
export async function signer(keyBytes, place) {
  const key = await hmacKey(keyBytes, 'sign');
  let last = 0;
  return async (message) => {
    last += 1;
    const header =
      `{"alg":"HS256","b64":false,"crit":["b64"],"ch":${quoted(place.channel)},` +
      `"cid":${quoted(place.connection)},"seq":${last},"len":${message.length}}`;
    const encoded = encode(ascii.encode(header));
    const mac = await crypto.subtle.sign('HMAC', key, signingInput(encoded, message));
    return `${encoded}..${encode(new Uint8Array(mac))}`;
  };
}

/** Verifies the messages of one direction, in their order; wait for one before the next. */
export async function verifier(keyBytes, place) {
  const key = await hmacKey(keyBytes, 'verify');
  let last = 0;
  return async (message, signature) => {
    const [encoded, mac, ...rest] = signature.split('..');
    if (signature.length > 2048 || mac === undefined || rest.length > 0) throw new Refused('MALFORMED');
    const header = read(encoded);
    const bytes = decode(mac);
    if (header.cid !== place.connection) throw new Refused('OTHER_CONNECTION');
    if (header.ch !== place.channel) throw new Refused('OTHER_CHANNEL');
    if (header.len !== message.length) throw new Refused('TRUNCATED');
    const input = signingInput(encoded, message);
    if (!(await crypto.subtle.verify('HMAC', key, bytes, input))) throw new Refused('ALTERED');
    if (header.seq <= last) throw new Refused('REPLAYED');
    if (header.seq !== last + 1) throw new Refused('OUT_OF_ORDER');
    last = header.seq;
    return last;
  };
}

function read(encoded) {
  let header;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decode(encoded)));
  } catch {
    throw new Refused('MALFORMED');
  }
  const known =
    header !== null &&
    typeof header === 'object' &&
    Object.keys(header).length === MEMBERS.length &&
    MEMBERS.every((name) => Object.hasOwn(header, name)) &&
    header.alg === 'HS256' &&
    header.b64 === false &&
    Array.isArray(header.crit) &&
    header.crit.length === 1 &&
    header.crit[0] === 'b64' &&
    Number.isSafeInteger(header.seq) &&
    Number.isSafeInteger(header.len);
  if (!known) throw new Refused('MALFORMED');
  return header;
}

function hmacKey(bytes, use) {
  if (bytes.length < 32) throw new RangeError('the key of signed messages needs at least 32 bytes');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [use]);
}

function signingInput(encoded, message) {
  const head = ascii.encode(`${encoded}.`);
  const input = new Uint8Array(head.length + message.length);
  input.set(head);
  input.set(message, head.length);
  return input;
}

/** A JSON string; everything but printable ASCII is escaped, so both sides write the same. */
function quoted(text) {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '"' || c === '\\') out += `\\${c}`;
    else if (c < ' ' || c > '~') out += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`;
    else out += c;
  }
  return `${out}"`;
}

function encode(bytes) {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decode(text) {
  try {
    if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Refused('MALFORMED');
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    if (encode(bytes) !== text) throw new Refused('MALFORMED');
    return bytes;
  } catch {
    throw new Refused('MALFORMED');
  }
}
