// What runs here.

import { byId, code, duration, element, pair } from './dom.js';

const STORES = {
  memory: 'in memory: it is gone when the server ends',
  file: 'in a file',
  elsewhere: 'another store',
};

/** Asks the server, and fills in what it says. */
export async function load() {
  const response = await fetch('/_local/about', { cache: 'no-store' });
  if (!response.ok) {
    notice(`The server doesn't say what runs here: ${response.status}.`);
    return;
  }
  const about = await response.json();
  byId('summary').textContent = `Version ${about.version}, behind an emulated ${about.api}. This page is never deployed.`;
  byId('about').replaceChildren(...facts(about));
  const routes = grouped(about.routes);
  byId('routes').replaceChildren(...routes.map(route));
  byId('paths').replaceChildren(...[...new Set(routes.map(({ path }) => path))].map((value) => element('option', { value })));
  fillIn(about.demo);
  pointToLocalhost(about.page_url);
}

function facts({ url, api, issuer, audience, algorithm, dpop, revocation_check, scope_rules, sign_up, mail_from, origins, lifetimes, store, upstreams }) {
  const times = [
    ['access token', lifetimes.access],
    ['session, without a refresh', lifetimes.idle],
    ['session, at most', lifetimes.absolute],
    ['leeway of a retry', lifetimes.leeway],
  ].filter(([, seconds]) => typeof seconds === 'number');
  return [
    ...pair('API', `${api} at `, code(url)),
    ...pair('issuer', code(issuer ?? 'none')),
    ...pair('audience', code(audience ?? 'none')),
    ...pair('signs with', code(algorithm ?? 'unknown')),
    ...pair('proofs (DPoP)', dpop === 'on' ? 'bind the tokens to their key' : 'bind nothing new'),
    ...pair('a logout is seen', revocation_check === 'session' ? 'at the next request' : `by the mode ${revocation_check}`),
    ...pair('scope rules', scope_rules ? code(scope_rules) : 'none'),
    ...pair('sign-up', mail_from ? sign_up : 'nobody: the server sends no mail'),
    ...pair('mails are from', mail_from ? code(mail_from) : 'nobody'),
    ...pair('origins allowed', ...(origins.length ? origins.flatMap((origin) => [code(origin), ' ']) : ['none'])),
    ...times.flatMap(([name, seconds]) => pair(name, duration(seconds))),
    ...upstreams.flatMap((upstream) => pair('your server', code(upstream), ' behind the authorizer')),
    ...pair('store', STORES[store.kind], ...(store.place ? [' ', code(store.place)] : [])),
  ];
}

/** The routes of each path, those together that lead to the same. Preflights are left out: no one calls them by hand. */
function grouped(routes) {
  const groups = new Map();
  for (const { path, method, function: name, is_protected: isProtected } of routes) {
    if (method !== 'OPTIONS') {
      const key = JSON.stringify([path, name, isProtected]);
      groups.set(key, { path, name, isProtected, methods: [...groups.get(key)?.methods ?? [], method] });
    }
  }
  return [...groups.values()].sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}

/** A path, with the methods that lead to one function. */
function route({ path, name, isProtected, methods }) {
  return element('li', {},
    element('code', { className: 'method' }, methods.join(' ')), code(path),
    element('span', { className: 'hint' }, isProtected ? `${name}, behind the authorizer` : name));
}

function fillIn(demo) {
  const hint = byId('demo-hint');
  hint.hidden = false;
  if (!demo) {
    hint.textContent = 'There is no demo user whose password this page may show. The terminal names it, if there is one.';
    return;
  }
  byId('username').value = demo.username;
  byId('password').value = demo.password;
  byId('client-id').value = demo.clients[0].client_id;
  byId('clients').replaceChildren(...demo.clients.map(({ client_id: value }) => element('option', { value })));
  const servers = demo.clients.filter(({ client_secret: secret }) => secret);
  hint.replaceChildren('The demo: user ', code(demo.username), ' with ', code(demo.password), '; public client ', code(demo.clients[0].client_id),
    ...servers.flatMap(({ client_id: id, client_secret: secret }) => ['; confidential client ', code(id), ' with ', code(secret)]), '.');
  // When you choose one of the demo's clients, its secret is filled in.
  byId('client-id').addEventListener('input', ({ target }) => {
    const chosen = demo.clients.find(({ client_id: id }) => id === target.value);
    if (chosen) {
      byId('client-secret').value = chosen.client_secret ?? '';
    }
  });
}

/** WebAuthn and some cookies work only at `localhost`. */
function pointToLocalhost(url) {
  if (new URL(url).origin !== location.origin && new URL(url).hostname === 'localhost') {
    notice('Browsers know WebAuthn and some cookies at localhost alone. This page is there too: ', element('a', { href: url }, url));
  }
}

function notice(...content) {
  byId('notice').replaceChildren(...content);
  byId('notice').hidden = false;
}
