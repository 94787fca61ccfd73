/** Randomness and hashes. React Native has no WebCrypto, so these are an adapter. */
export interface Crypto {
  random(bytes: number): Uint8Array;
  sha256(text: string): Promise<Uint8Array>;
}

/** Those of browsers and Node. */
export const webCrypto: Crypto = {
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  sha256: async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text))),
};

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Base64url without padding (RFC 7515, section 2). */
export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** The claims of a JWT, whose signature isn't looked at; undefined, if it isn't one. */
export function claimsOf(jwt: string): Record<string, unknown> | undefined {
  try {
    const base64 = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return objectIn(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The object that a JSON text is; undefined, if it isn't one. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
