/** What a signed-in user may do with the account: see and end the devices, and change the password. */

import type { Client } from './client.js';
import { grantedTokens } from './endpoint.js';
import { LatchgateError } from './errors.js';
import type { DeviceList } from './wire.js';

/** A change of the password. */
export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
  /** The error `password_expired` of the login that made it necessary. */
  expired?: LatchgateError | undefined;
}

/** The user's signed-in devices, a page at a time. */
export async function devices(client: Client, page: { limit?: number; cursor?: string } = {}): Promise<DeviceList> {
  const query = new URLSearchParams(Object.entries(page).map(([name, value]) => [name, String(value)]));
  return (await client.calls.call(`/sessions?${query.toString()}`)) as unknown as DeviceList;
}

/** Signs a device of the list out. */
export async function signOutDevice(client: Client, sessionId: string): Promise<void> {
  await client.calls.call(`/sessions/${encodeURIComponent(sessionId)}`, { method: 'DELETE' });
}

/** The user's claims as they are now, by the scopes that were granted. It takes the scope `openid`. */
export function userinfo(client: Client): Promise<Record<string, unknown>> {
  return client.calls.call('/userinfo');
}

/** Changes the password. The user's other sessions end, and this one goes on with other tokens. */
export async function changePassword(client: Client, change: PasswordChange): Promise<void> {
  const { current } = client.calls;
  const { currentPassword, newPassword, expired } = change;
  const body = new URLSearchParams({ current_password: currentPassword, new_password: newPassword }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Idempotency-Key': current.random() };
  const session = expired ? undefined : await current.session();
  const send = () => client.calls.call('/password', { method: 'POST', headers, body }, expired?.accessToken);
  const answer = await send().catch((error: unknown) => {
    // The answer may be lost, and the password changed. The same request again gets the same session.
    if (error instanceof LatchgateError && error.isTemporary && error.status !== 429) {
      return send();
    }
    throw error;
  });
  const tokens = grantedTokens(answer);
  await (session ? current.goOn(session, tokens) : current.begin(tokens));
}
