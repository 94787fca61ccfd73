// Compiles if the adapters take Expo's own modules, as they are typed.

import * as Crypto from 'expo-crypto';
import * as SecureStore from 'expo-secure-store';
import { Client } from 'latchgate';
import { expoCrypto, secureStorage } from 'latchgate/react-native';

export const options = { keychainAccessible: SecureStore.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY };
export const client = new Client({
  issuer: 'https://auth.example.com',
  clientId: 'shop-phone',
  storage: secureStorage(SecureStore, options),
  crypto: expoCrypto(Crypto),
});
export const storage = secureStorage(SecureStore);
