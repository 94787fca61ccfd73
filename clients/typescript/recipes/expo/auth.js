import * as Crypto from 'expo-crypto';
import * as SecureStore from 'expo-secure-store';
import * as WebBrowser from 'expo-web-browser';
import { Client } from 'latchgate';
import { expoCrypto, secureStorage } from 'latchgate/react-native';

export const api = process.env.EXPO_PUBLIC_API;
const redirectUri = process.env.EXPO_PUBLIC_REDIRECT_URI;

/** One client for the whole app. */
export const auth = new Client({
  issuer: process.env.EXPO_PUBLIC_ISSUER,
  clientId: process.env.EXPO_PUBLIC_CLIENT_ID,
  redirectUri,
  scope: 'openid profile offline_access orders',
  apis: [api],
  storage: secureStorage(SecureStore, { keychainAccessible: SecureStore.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY }),
  crypto: expoCrypto(Crypto),
});

/** Signs in with the system's browser. Undefined, if the user has closed it. */
export async function signIn() {
  const { type, url } = await WebBrowser.openAuthSessionAsync(await auth.signInUrl(), redirectUri);
  return type === 'success' ? auth.handleCallback(url) : undefined;
}
