// The page's script, which `settings` precedes. AppAuth-JS looks for the code in the fragment, and asks with jQuery, unless it is told.

import {
  AuthorizationNotifier, AuthorizationRequest, AuthorizationServiceConfiguration, BaseTokenRequestHandler, BasicQueryStringUtils,
  DefaultCrypto, FetchRequestor, GRANT_TYPE_AUTHORIZATION_CODE, GRANT_TYPE_REFRESH_TOKEN, LocalStorageBackend,
  RedirectRequestHandler, RevokeTokenRequest, TokenRequest,
} from '@openid/appauth';

class InQuery extends BasicQueryStringUtils {
  parse(location) {
    return super.parse(location, false);
  }
}

const requestor = new FetchRequestor();
const tokenHandler = new BaseTokenRequestHandler(requestor);
const handler = new RedirectRequestHandler(new LocalStorageBackend(), new InQuery(), window.location, new DefaultCrypto());
const discovered = AuthorizationServiceConfiguration.fetchFromIssuer(settings.issuer, requestor);
const identity = { client_id: settings.clientId, redirect_uri: settings.redirectUri };

async function signIn(extras) {
  const scope = 'openid profile email offline_access orders';
  const request = new AuthorizationRequest({ ...identity, scope, response_type: AuthorizationRequest.RESPONSE_TYPE_CODE, extras });
  handler.performAuthorizationRequest(await discovered, request);
}

/** The tokens of the code that is in the address, after a try with another verifier. */
async function finish() {
  const answer = new Promise((resolve) => {
    const notifier = new AuthorizationNotifier();
    handler.setAuthorizationNotifier(notifier);
    notifier.setAuthorizationListener((request, response, error) => resolve({ request, response, error }));
  });
  const completed = await Promise.race([answer, handler.completeAuthorizationRequestIfPossible().then(() => null)]);
  if (!completed?.response) {
    return completed;
  }
  const { request, response: { code, state } } = completed;
  const trade = (verifier) => token({ grant_type: GRANT_TYPE_AUTHORIZATION_CODE, code, extras: { code_verifier: verifier } });
  const refused = await trade('x'.repeat(43)).then(() => 'taken', (error) => error.message);
  return { code, state, expected: request.state, refused, tokens: await trade(request.internal.code_verifier) };
}

async function token(fields) {
  const request = new TokenRequest({ ...identity, refresh_token: undefined, code: undefined, extras: undefined, ...fields });
  return (await tokenHandler.performTokenRequest(await discovered, request)).toJson();
}

Object.assign(window, {
  discovered,
  signIn,
  finished: location.pathname === '/callback' ? finish() : null,
  refresh: (value) => token({ grant_type: GRANT_TYPE_REFRESH_TOKEN, refresh_token: value }),
  async revoke(value) {
    return tokenHandler.performRevokeTokenRequest(await discovered, new RevokeTokenRequest({ token: value, client_id: identity.client_id }));
  },
  async userinfo(value) {
    const { userInfoEndpoint: url } = await discovered;
    return requestor.xhr({ url, method: 'GET', dataType: 'json', headers: { Authorization: `Bearer ${value}` } });
  },
});
