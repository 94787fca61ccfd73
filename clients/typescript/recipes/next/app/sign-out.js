'use client';

export function SignOut() {
  const signOut = async () => {
    await fetch('/auth/sign-out', { method: 'POST', headers: { 'X-CSRF': '1' } });
    location.assign('/');
  };
  return <button onClick={signOut}>Sign out</button>;
}
