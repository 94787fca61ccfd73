/** What a browser keeps: sessions and keys in IndexedDB, or sessions in its web storage. */

import { newKey } from './dpop.js';
import { base64url, utf8 } from './encoding.js';
import { guarded } from './session.js';
import type { Storage } from './storage.js';

/** Version 1 had the keys alone, as an earlier guide of Latchgate's made it. They stay. */
const DATABASE = 'latchgate';
const SESSIONS = 'sessions';
const KEYS = 'keys';
const HMAC: HmacKeyGenParams = { name: 'HMAC', hash: 'SHA-256' };

/** Whether this browser lets the page keep anything in IndexedDB. */
export const canKeep = (): Promise<boolean> =>
  retryHmacKey().then(
    () => true,
    () => false,
  );

/** Sessions in IndexedDB, which all tabs of the origin share. */
export function indexedDbStorage(): Storage {
  return {
    read: (name) => transaction<string | undefined>('readonly', SESSIONS, (store) => store.get(name)),
    update: (name, change) =>
      transaction<string | undefined>('readwrite', SESSIONS, (store, done) => {
        const read: IDBRequest<string | undefined> = store.get(name);
        read.onsuccess = () => {
          const value = change(read.result);
          done(value);
          if (value === undefined) {
            store.delete(name);
          } else if (value !== read.result) {
            store.put(value, name);
          }
        };
      }),
  };
}

/**
 * Sessions in `sessionStorage`, one for each tab, or in `localStorage`.
 *
 * In `localStorage` two tabs that refresh in the same instant may write over each other: prefer {@link indexedDbStorage} there.
 */
export function webStorage(kept: globalThis.Storage): Storage {
  return {
    read: async (name) => kept.getItem(name) ?? undefined,
    update: async (name, change) => {
      const value = change(kept.getItem(name) ?? undefined);
      if (value === undefined) {
        kept.removeItem(name);
      } else {
        kept.setItem(name, value);
      }
      return value;
    },
  };
}

/** The DPoP key of this browser, for `dpop`. Made once, and kept in IndexedDB, where no script can read its private half. */
export const browserKey = (): Promise<CryptoKeyPair> => kept('dpop', newKey);

/**
 * The `Idempotency-Key` of a refresh token: an HMAC under a key that never leaves this browser.
 *
 * It is the same in every tab and after a crash, and who stole the token alone can't compute it.
 */
export async function browserRetryKey(refreshToken: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.sign(HMAC, await retryHmacKey(), utf8(refreshToken))));
}

const retryHmacKey = (): Promise<CryptoKey> => kept('retry', () => crypto.subtle.generateKey(HMAC, false, ['sign']));

/** The key of this name. Of two tabs that make it at once, the first one's stays. */
async function kept<K>(name: string, make: () => Promise<K>): Promise<K> {
  const found = await transaction<K | undefined>('readonly', KEYS, (store) => store.get(name));
  if (found) {
    return found;
  }
  const made = await make();
  return transaction<K>('readwrite', KEYS, (store, done) => {
    const read: IDBRequest<K | undefined> = store.get(name);
    read.onsuccess = () => {
      done(read.result ?? made);
      if (!read.result) {
        store.put(made, name);
      }
    };
  });
}

/**
 * One transaction. It is settled when the browser has carried it out, so that what was read or written is what is there.
 *
 * The connection is closed afterwards: an open one can keep a page out of the back/forward cache.
 */
async function transaction<T>(
  mode: IDBTransactionMode,
  store: string,
  work: (store: IDBObjectStore, done: (value: T) => void) => IDBRequest | void,
): Promise<T> {
  const database = await guarded(opened());
  try {
    const carriedOut = new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      let value: T;
      const request = work(transaction.objectStore(store), (result) => {
        value = result;
      });
      transaction.oncomplete = () => resolve(request ? (request.result as T) : value);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('The transaction was aborted.'));
    });
    return await guarded(carriedOut);
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    // A browser that keeps nothing may throw here.
    const opening = indexedDB.open(DATABASE, 2);
    opening.onupgradeneeded = () => {
      for (const store of [SESSIONS, KEYS].filter((name) => !opening.result.objectStoreNames.contains(name))) {
        opening.result.createObjectStore(store);
      }
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error('IndexedDB failed.'));
    opening.onblocked = () => {
      reject(new Error('IndexedDB is blocked.'));
      // Nobody waits for the connection any more, and an open one would keep others from the database.
      opening.onsuccess = () => opening.result.close();
    };
  });
}
