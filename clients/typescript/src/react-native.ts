/**
 * Adapters for React Native and Expo, which have no WebCrypto and no IndexedDB: pass in the modules that you use.
 *
 * Tokens are bearer tokens there: a DPoP key belongs in the device's hardware, for which `prover` is the adapter to write.
 */

import type { Crypto } from './encoding.js';
import type { Storage } from './storage.js';

/** What of `expo-secure-store` is used. Its values go into the Keychain, and under a key of the Keystore. */
export interface SecureStore<O = object> {
  getItemAsync(key: string, options?: O): Promise<string | null>;
  setItemAsync(key: string, value: string, options?: O): Promise<void>;
  deleteItemAsync(key: string, options?: O): Promise<void>;
}

/** The store, with the options that each of its calls has. */
type Kept = SecureStore<never>;

/** What of `expo-crypto` is used. `A` and `E` are its enumerations of algorithms and encodings. */
export interface ExpoCrypto<A = 'SHA-256', E = 'base64'> {
  getRandomBytes(count: number): Uint8Array;
  digestStringAsync(algorithm: A, data: string, options: { encoding: E }): Promise<string>;
}

/** Characters a value may have: SecureStore doesn't promise to keep more than 2,048 bytes, and what is stored here is ASCII. */
const PIECE = 2000;

/**
 * A storage in `expo-secure-store`. `options` are those of its calls, such as `keychainAccessible`.
 *
 * Values that are too long for it are kept in pieces, which are written before the value that names them: a crash in between
 * leaves the old value.
 */
export function secureStorage<O>(secureStore: SecureStore<O>, options?: O): Storage {
  const store: Kept = {
    getItemAsync: (key) => secureStore.getItemAsync(key, options),
    setItemAsync: (key, value) => secureStore.setItemAsync(key, value, options),
    deleteItemAsync: (key) => secureStore.deleteItemAsync(key, options),
  };
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: an app is one process, and the store has no transactions. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work, work);
    last = done.catch(() => {});
    return done;
  };
  return {
    read: (name) => inTurn(() => read(store, keyOf(name))),
    update: (name, change) => inTurn(() => update(store, keyOf(name), change)),
  };
}

/** Randomness and hashes by `expo-crypto`. */
export const expoCrypto = <A extends string, E extends string>(crypto: ExpoCrypto<A, E>): Crypto => ({
  random: (count) => crypto.getRandomBytes(count),
  sha256: async (text) => {
    const base64 = await crypto.digestStringAsync('SHA-256' as A, text, { encoding: 'base64' as E });
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  },
});

/** The heads of a value: in which turn its pieces were written, and how many there are. */
interface Head {
  turn: number;
  count: number;
}

async function headOf(store: Kept, key: string): Promise<Head> {
  const [turn = 0, count = 0] = ((await store.getItemAsync(key)) ?? '').split(' ').map(Number);
  return { turn, count };
}

const pieces = (key: string, { turn, count }: Head) => Array.from({ length: count }, (_, index) => `${key}.${turn % 2}.${index}`);

async function read(store: Kept, key: string): Promise<string | undefined> {
  const head = await headOf(store, key);
  const found = await Promise.all(pieces(key, head).map((piece) => store.getItemAsync(piece)));
  const isWhole = head.count > 0 && found.every((piece) => piece !== null);
  return isWhole ? found.join('') : undefined;
}

async function update(
  store: Kept,
  key: string,
  change: (value: string | undefined) => string | undefined,
): Promise<string | undefined> {
  const [head, value] = [await headOf(store, key), change(await read(store, key))];
  const text = value === undefined ? '' : ascii(value);
  const next = { turn: head.turn + 1, count: Math.ceil(text.length / PIECE) };
  for (const [index, piece] of pieces(key, next).entries()) {
    await store.setItemAsync(piece, text.slice(index * PIECE, (index + 1) * PIECE));
  }
  if (value === undefined) {
    await store.deleteItemAsync(key);
  } else {
    await store.setItemAsync(key, `${next.turn} ${next.count}`);
  }
  for (const piece of pieces(key, head)) {
    await store.deleteItemAsync(piece);
  }
  return value;
}

/** Keys of SecureStore have letters, digits, `.`, `-` and `_`. */
const keyOf = (name: string) =>
  `latchgate.${name.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0)}`)}`;

/** The same JSON in ASCII, so that a character is a byte. */
const ascii = (json: string) =>
  json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

