// What each of these servers prints when it is ready: its token endpoint, the client of the refresh tokens, and the
// process that answers. It ends with its standard input, so that no server outlives the benchmark.
export function ready({ pid = process.pid, url, clientId, refreshTokens, stop = () => {} }) {
  console.log(`found: ${JSON.stringify({ pid, url, client_id: clientId, refresh_tokens: refreshTokens })}`);
  process.stdin.on("end", () => {
    stop();
    process.exit();
  });
  process.stdin.resume();
}

// This program's argument: how many refresh tokens to issue, each from a separate session.
export const sessions = Number(process.argv[2]);
