// Compiles exactly if the library's types and error codes are those of openapi.yaml, of which `api.ts` is made.

import type { ApiErrorCode, Device, DeviceList, GrantedTokens, PasswordExpired } from 'latchgate';

import type { components } from './api.js';

type Schemas = components['schemas'];
/** The members that are there, each with its type. What the library leaves out on purpose is taken away from both. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Without<T, K extends string> = { [N in keyof T as Exclude<N, K>]: T[N] };
/** The names of members too: an optional one that is missing would not be noticed otherwise. */
type Equal<A, B> = Same<A, B> extends true ? Same<keyof A, keyof B> : false;

const isEqual = <T extends true>(): T => true as T;

isEqual<Same<ApiErrorCode, Schemas['Error']['error']>>();
isEqual<Equal<Device, Schemas['Session']>>();
isEqual<Equal<Without<DeviceList, 'sessions'>, Without<Schemas['SessionList'], 'sessions'>>>();
isEqual<Equal<PasswordExpired, Schemas['PasswordExpired']>>();
// `expires` is not OAuth's, and `/refresh` answers with the same members but the ID token.
isEqual<Equal<GrantedTokens, Without<Schemas['GrantedTokens'], 'expires'>>>();
isEqual<Equal<Without<Required<GrantedTokens>, 'id_token'>, Without<Required<Schemas['TokenResponse']>, 'expires'>>>();
