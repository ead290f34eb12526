// Signs and verifies single messages as dev.dunlin.auth.SignedMessages does. Needs WebCrypto: any
// current browser, Node 20 or later. See signed-messages.md beside this file.

const ascii = new TextEncoder();
const MOST = 2048;
const NAMES = { HMAC: 'HS256', Ed25519: 'EdDSA' };
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

/**
 * Signs the messages of one direction, in their order.
 *
 * @param key the bytes of an HMAC key, at least 32, or a CryptoKey: the private half of Ed25519
 * @returns a function from a message to its signature, which has a `seal` beside it: the message
 *   with its signature in front
 */
export async function signer(key, place) {
  const [algorithm, own] = await imported(key, 'sign');
  let last = 0;
  const sign = async (message) => {
    last += 1;
    const header =
      `{"alg":"${NAMES[algorithm]}","b64":false,"crit":["b64"],"ch":${quoted(place.channel)},` +
      `"cid":${quoted(place.connection)},"seq":${last},"len":${message.length}}`;
    const encoded = encode(ascii.encode(header));
    const mac = await crypto.subtle.sign(algorithm, own, signingInput(encoded, message));
    return `${encoded}..${encode(new Uint8Array(mac))}`;
  };
  sign.seal = async (message) => joined(ascii.encode(`${await sign(message)}\n`), message);
  sign.back = () => {
    last -= 1;
  };
  return sign;
}

/**
 * Verifies the messages of one direction, in their order; wait for one before the next.
 *
 * @param key the bytes of an HMAC key, at least 32, or a CryptoKey: the public half of Ed25519
 * @param late takes whatever number comes first as the first, as a subscriber must
 * @returns a function from a message and its signature to its number, which has an `open` beside
 *   it: from a sealed message to the message
 */
export async function verifier(key, place, { late = false } = {}) {
  const [algorithm, own] = await imported(key, 'verify');
  let last = 0;
  const verify = async (message, signature) => {
    const [encoded, mac, ...rest] = signature.split('..');
    if (signature.length > MOST || mac === undefined || rest.length > 0) throw new Refused('MALFORMED');
    const header = read(encoded, NAMES[algorithm]);
    const bytes = decode(mac);
    if (header.cid !== place.connection) throw new Refused('OTHER_CONNECTION');
    if (header.ch !== place.channel) throw new Refused('OTHER_CHANNEL');
    if (header.len !== message.length) throw new Refused('TRUNCATED');
    const input = signingInput(encoded, message);
    if (!(await crypto.subtle.verify(algorithm, own, bytes, input))) throw new Refused('ALTERED');
    if (header.seq <= last) throw new Refused('REPLAYED');
    if (header.seq !== last + 1 && !(late && last === 0)) throw new Refused('OUT_OF_ORDER');
    last = header.seq;
    return last;
  };
  verify.open = async (sealed) => {
    const end = sealed.indexOf(10);
    if (end < 0 || end > MOST) throw new Refused('MISSING');
    const message = sealed.subarray(end + 1);
    await verify(message, String.fromCharCode(...sealed.subarray(0, end)));
    return message;
  };
  return verify;
}

/**
 * Publishes signed values over one connection of the channel protocol, one after the other in each
 * channel. Make a new one whenever the client has connected: numbers and key are the connection's.
 *
 * @param client a client of the `centrifuge` SDK
 * @param privateKey the CryptoKey whose public half the token names, if it names one
 * @param protobuf whether it is the SDK's Protobuf client
 * @returns a function from channel and value that resolves when the value is published
 */
export async function publisher(client, { privateKey, protobuf = false } = {}) {
  const data = (value) => (protobuf ? ascii.encode(JSON.stringify(value)) : value);
  const answer = (await client.rpc('dunlin.signing', data({}))).data;
  const { connection, alg, key } = protobuf ? JSON.parse(new TextDecoder().decode(answer)) : answer;
  const own = alg === 'EdDSA' ? privateKey : decode(key);
  const lanes = new Map();
  const send = async (sign, channel, bytes) => {
    try {
      const sealed = new TextDecoder().decode(await sign.seal(bytes));
      return await client.publish(channel, data(sealed));
    } catch (error) {
      // refused before the signature was accepted: the number is still to come
      if ([103, 106, 111].includes(error.code) || (error.code >= 320 && error.code < 340)) sign.back();
      throw error;
    }
  };
  return (channel, value) => {
    if (!lanes.has(channel)) lanes.set(channel, signer(own, { channel, connection }));
    const bytes = ascii.encode(JSON.stringify(value));
    const sent = lanes.get(channel).then(async (sign) => [sign, await send(sign, channel, bytes)]);
    const before = lanes.get(channel);
    lanes.set(channel, sent.then(([sign]) => sign, () => before));
    return sent.then(([, result]) => result);
  };
}

/** The value in a publication that was carried with its signature, verified end to end. */
export async function openCarried(verify, data) {
  const sealed = typeof data === 'string' ? data : JSON.parse(new TextDecoder().decode(data));
  if (typeof sealed !== 'string') throw new Refused('MISSING');
  return JSON.parse(new TextDecoder().decode(await verify.open(ascii.encode(sealed))));
}

function read(encoded, algorithm) {
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
    header.alg === algorithm &&
    header.b64 === false &&
    Array.isArray(header.crit) &&
    header.crit.length === 1 &&
    header.crit[0] === 'b64' &&
    Number.isSafeInteger(header.seq) &&
    Number.isSafeInteger(header.len);
  if (!known) throw new Refused('MALFORMED');
  return header;
}

/** The algorithm and the key as WebCrypto wants them. */
async function imported(key, use) {
  if (key instanceof CryptoKey) return ['Ed25519', key];
  if (key.length < 32) throw new RangeError('the key of signed messages needs at least 32 bytes');
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return ['HMAC', await crypto.subtle.importKey('raw', key, hmac, false, [use])];
}

function signingInput(encoded, message) {
  return joined(ascii.encode(`${encoded}.`), message);
}

function joined(head, tail) {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
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
