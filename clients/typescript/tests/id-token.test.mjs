// The claims of an ID token that a client has to look at (OpenID Connect Core, section 3.1.3.7).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checked } from '../dist/id-token.js';

const NOW = 1_800_000_000;
const expected = { issuer: 'https://login.example.com', clientId: 'shop', nonce: 'n-0S6', now: NOW };
const good = { iss: expected.issuer, sub: 'ada', aud: 'shop', azp: 'shop', exp: NOW + 60, iat: NOW, auth_time: NOW - 10, nonce: 'n-0S6' };

const token = (claims) => ['{"alg":"ES256"}', JSON.stringify(claims)].map((part) => Buffer.from(part).toString('base64url')).concat('c2ln').join('.');
const without = (name) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

test('a good ID token is accepted', () => {
  for (const claims of [good, without('azp'), without('auth_time'), { ...good, aud: ['shop'] }, { ...good, aud: ['shop', 'other'] }, { ...good, name: 'Ầda' }]) {
    assert.deepEqual(checked(token(claims), expected), claims);
  }
  assert.ok(checked(token({ ...good, exp: NOW - 299, iat: NOW + 300 }), expected), 'clocks that differ');
  assert.ok(checked(token(good), { ...expected, maxAge: 10 }));
});

test('an ID token with a claim that is missing or wrong is refused', () => {
  const bad = {
    iss: ['https://login.example.com/', 'https://attacker.example', undefined],
    sub: ['', 7, undefined],
    aud: ['other', ['other'], [], undefined],
    azp: ['other'],
    exp: [NOW - 301, String(NOW + 60), undefined],
    iat: [NOW + 301, undefined],
    nonce: ['another', '', undefined],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const claims = { ...good, [name]: value };
      assert.throws(() => checked(token(claims), expected), { code: 'invalid_id_token', message: new RegExp(`'s ${name} `) }, `${name}: ${value}`);
    }
  }
  const two = { ...without('azp'), aud: ['shop', 'other'] };
  assert.throws(() => checked(token(two), expected), { code: 'invalid_id_token' }, 'two audiences need an azp');
  for (const claims of [{ ...good, auth_time: NOW - 311 }, without('auth_time')]) {
    assert.throws(() => checked(token(claims), { ...expected, maxAge: 10 }), { code: 'invalid_id_token' });
  }
  for (const text of [undefined, '', 'a.b.c', 'a', token(null), token('text')]) {
    assert.throws(() => checked(text, expected), { code: 'invalid_id_token' }, text);
  }
});
