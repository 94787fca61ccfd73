import { headers } from 'next/headers';

import { api, backend } from '../backend.js';
import { SignOut } from './sign-out.js';

export default async function Page({ searchParams }) {
  const client = backend.clientOf({ headers: await headers() });
  const user = await client?.user();
  if (!user) {
    return <main><p>Nobody is signed in.</p><a href="/auth/sign-in?return_to=/">Sign in</a></main>;
  }
  const { orders } = await searchParams;
  // The session may have ended since: the next page says so.
  const load = () => client.fetch(`${api}/orders`).then((response) => response.text()).catch(({ code }) => code);
  return (
    <main>
      <p>Hello, {user.claims.name}</p>
      <a href="/?orders=1">My orders</a>
      <SignOut />
      {orders && <pre>{await load()}</pre>}
    </main>
  );
}
