import { useEffect, useState } from 'react';
import { AppState, Button, SafeAreaView, Text } from 'react-native';

import { api, auth, signIn } from './auth.js';

export default function App() {
  const [user, setUser] = useState();
  const [text, setText] = useState('');
  const say = (error) => setText(error.message);
  useEffect(() => {
    const look = async () => setUser((await auth.user()) ?? null);
    const stops = [
      auth.on('signedIn', look),
      auth.on('signedOut', ({ reason }) => { setText(`Signed out: ${reason}`); look(); }),
    ];
    look();
    // The system stops timers, and ends apps that are in the background: look when the app is back.
    const states = AppState.addEventListener('change', (state) => state === 'active' && auth.check());
    return () => { states.remove(); stops.forEach((stop) => stop()); };
  }, []);
  if (user === undefined) return null;
  return (
    <SafeAreaView>
      <Text>{user ? `Hello, ${user.claims.name}` : 'Nobody is signed in.'}</Text>
      {user ? (
        <>
          <Button title="My orders" onPress={async () => setText(await (await auth.fetch(`${api}/orders`)).text())} />
          <Button title="Sign out" onPress={() => auth.logout()} />
        </>
      ) : (
        <Button title="Sign in" onPress={() => signIn().catch(say)} />
      )}
      <Text>{text}</Text>
    </SafeAreaView>
  );
}
