// What each of the servers here says when it can be asked: where its token endpoint is, whose the refresh tokens are, and the
// process that answers. It ends with its standard input, so that none of them outlives the benchmark.
export function ready({ pid = process.pid, url, clientId, refreshTokens, stop = () => {} }) {
  console.log(`found: ${JSON.stringify({ pid, url, client_id: clientId, refresh_tokens: refreshTokens })}`);
  process.stdin.on("end", () => {
    stop();
    process.exit();
  });
  process.stdin.resume();
}

// Of this program: how many refresh tokens are wanted, each of a session of its own.
export const sessions = Number(process.argv[2]);
