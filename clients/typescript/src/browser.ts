/** The client of a page: sessions and keys in IndexedDB, tokens bound by DPoP, and news between tabs. */

import type { SignInOptions } from './authorization.js';
import { browserKey, browserRetryKey, canKeep, indexedDbStorage } from './browser-storage.js';
import { Client, type ClientOptions, type SignedIn } from './client.js';
import { dpop } from './dpop.js';
import { LatchgateError } from './errors.js';
import type { SignedOutReason } from './events.js';

export * from './index.js';

/** How the client of a page is made. */
export interface BrowserOptions extends Omit<ClientOptions, 'clientSecret' | 'prover' | 'onChange'> {
  /** Whether tokens are bound to a key of this browser. All tabs must do the same. Default: true. */
  dpop?: boolean;
}

/** The client of a page. */
export class BrowserClient extends Client {
  /** Sends the user away to sign in. */
  async signIn(options?: SignInOptions): Promise<void> {
    location.assign(await this.signInUrl(options));
  }

  /** Signs the user out here and in the browser, and sends the page to `returnTo`, which has to be registered. */
  async signOut(options?: { returnTo?: string }): Promise<void> {
    location.assign(await this.signOutUrl(options));
  }

  /**
   * Finishes a sign-in if this page is a callback, and takes the code out of the address. Else undefined.
   * Returns who signed in, with the `appState` of `signIn`. After an error that is temporary the code stays: a reload tries again.
   */
  override async handleCallback(url = location.href): Promise<SignedIn | undefined> {
    let isTemporary = false;
    try {
      return await super.handleCallback(url);
    } catch (error) {
      isTemporary = error instanceof LatchgateError && error.isTemporary;
      throw error;
    } finally {
      const clean = withoutAnswer(url);
      if (!isTemporary && url === location.href && url !== clean) {
        history.replaceState(history.state, '', clean);
      }
    }
  }
}

/** The address of a callback without the answer; any other address as it is. */
function withoutAnswer(address: string): string {
  const url = new URL(address);
  const has = (name: string) => url.searchParams.has(name);
  if (!has('iss') || !has('state') || !(has('code') || has('error'))) {
    return address;
  }
  for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
    url.searchParams.delete(name);
  }
  return url.href;
}

/**
 * Makes the client of this page. Make one, and use it everywhere.
 *
 * Where the browser keeps nothing, sessions and keys are in memory, and the user signs in again after a reload.
 */
export async function createClient({ dpop: isBound = true, ...options }: BrowserOptions): Promise<BrowserClient> {
  if (!globalThis.crypto?.subtle) {
    throw new LatchgateError('invalid_request', 'WebCrypto is missing: serve the page by https, or from localhost.');
  }
  const isKept = await canKeep();
  const news = newsOf(`latchgate ${options.issuer} ${options.clientId}`);
  const client = new BrowserClient({
    ...(isKept && { storage: indexedDbStorage(), retryKey: browserRetryKey }),
    ...options,
    prover: isBound ? dpop(isKept ? browserKey : undefined) : undefined,
    onChange: (reason) => news.tell(reason),
  });
  // What is there now is no news.
  await client.sync().catch(() => {});
  news.listen((reason) => void client.sync(reason).catch(() => {}));
  watch(() => void client.check());
  return client;
}

/** Other tabs of this client. A page in the back/forward cache hears nothing, and looks when it is back. */
function newsOf(name: string) {
  const listeners = new Set<(reason: SignedOutReason) => void>();
  let channel: BroadcastChannel | undefined;
  const open = () => {
    channel ??= globalThis.BroadcastChannel && new BroadcastChannel(name);
    if (channel) {
      channel.onmessage = ({ data }: MessageEvent<SignedOutReason>) => listeners.forEach((listener) => listener(data));
    }
  };
  open();
  addEventListener('pageshow', open);
  addEventListener('pagehide', () => {
    channel?.close();
    channel = undefined;
  });
  return {
    tell: (reason: SignedOutReason) => channel?.postMessage(reason),
    listen: (listener: (reason: SignedOutReason) => void) => listeners.add(listener),
  };
}

/** The moments at which a page has slept, or was offline: no timer is to be trusted over these. */
function watch(look: () => void): void {
  addEventListener('online', look);
  addEventListener('pageshow', ({ persisted }) => persisted && look());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
}
