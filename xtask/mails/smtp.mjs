// The mails of `cargo run -- --smtp`, at an SMTP server and in a MIME parser of others.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const { LATCHGATE_URL: url, LATCHGATE_SMTP_PORT: port } = process.env;
const patience = AbortSignal.timeout(120_000);
// The local server tries a waiting mail again every five seconds.
const twoTries = 11_000;
// What each language says in the subject and in the text.
const languages = { en: ['Confirm your email address', 'Open this link'], vi: ['Xác nhận địa chỉ email', 'Mở liên kết này'] };

const arrived = [];
let attempts = 0;
// What the server answers to the next content, instead of accepting it.
let refusal;

const server = new SMTPServer({
  authOptional: true,
  logger: false,
  async onData(stream, { envelope }, answer) {
    const chunks = await stream.toArray();
    attempts += 1;
    if (refusal) return answer(refusal());
    arrived.push({ envelope, raw: Buffer.concat(chunks) });
    answer();
  },
});
server.on('error', (error) => { throw error; });
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));

async function post(path, parameters) {
  const body = new URLSearchParams({ client_id: 'demo-app', ...parameters });
  const response = await fetch(url + path, { method: 'POST', body });
  return { status: response.status, body: await response.json() };
}

async function signUp(email, language) {
  const { status, body } = await post('/signup', { email, language });
  assert.equal(status, 202, JSON.stringify(body));
}

/** The only mail that has arrived since the last take, once it is there. */
async function take() {
  while (arrived.length === 0) await sleep(50, undefined, { signal: patience });
  assert.equal(arrived.length, 1);
  return arrived.pop();
}

/** An answer of the server with this code (RFC 5321 section 4.2). */
const smtpError = (code) => () => Object.assign(new Error('a refusal of the test'), { responseCode: code });
const lines = (text) => text.replaceAll('\r\n', '\n').trim();

/** What every mail has, whatever it says. */
function checkForm({ envelope, raw }, mail, email) {
  assert.equal(envelope.mailFrom.address, 'shop@example.com');
  assert.deepEqual(envelope.rcptTo.map(({ address }) => address), [email]);
  assert.deepEqual(mail.from.value, [{ name: 'Cửa hàng', address: 'shop@example.com' }]);
  assert.deepEqual(mail.replyTo.value, [{ name: '', address: 'help@example.com' }]);
  assert.deepEqual(mail.to.value, [{ name: '', address: email }]);
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(mail.headers.get('mime-version'), '1.0');
  assert.ok(Math.abs(Date.now() - mail.date) < 60_000, `${mail.date}`);
  assert.equal(mail.attachments.length, 0);
  // The last alternative is the richest (RFC 2046 section 5.1.4).
  const parts = [...raw.toString('latin1').matchAll(/^content-type: *([^;\r\n]+)/gim)].map(([, type]) => type);
  assert.deepEqual(parts, ['multipart/alternative', 'text/plain', 'text/html']);
  // Servers without SMTPUTF8 and 8BITMIME take it too, and lines are short (RFC 5322 section 2.1.1).
  assert.ok(raw.every((byte) => byte < 128), 'a mail is ASCII');
  assert.ok(raw.toString('latin1').split('\r\n').every((line) => line.length <= 998), 'lines are short');
}

/** The link, the same in both bodies. */
function linkOf({ text, html }) {
  const [link] = text.match(/https?:\/\/\S+token=\S+/) ?? [];
  assert.ok(link?.startsWith(`${url}/account/confirm?token=lgm1_`), text);
  const hrefs = [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href.replaceAll('&amp;', '&'));
  assert.ok(hrefs.includes(link), html);
  return link;
}

async function checkSignUp(language, [subject, text]) {
  const email = `Ada.${language}@Example.com`;
  await signUp(email, language);
  const message = await take();
  const mail = await simpleParser(message.raw, { skipHtmlToText: true, skipTextToHtml: true });
  checkForm(message, mail, email);
  const shown = (await (await fetch(`${url}/_local/mails`)).json()).at(-1);
  assert.equal(mail.subject, shown.subject);
  assert.equal(lines(mail.text), lines(shown.text));
  assert.equal(lines(mail.html), lines(shown.html));
  assert.ok(mail.subject.includes(subject), mail.subject);
  assert.ok(mail.text.includes(text), mail.text);

  const link = linkOf(mail);
  const page = await fetch(link);
  assert.equal(page.status, 200);
  assert.match(await page.text(), new RegExp(`<html lang="${language}"`));
  const confirmation = { token: new URL(link).searchParams.get('token'), password: 'a lighthouse in the fog' };
  const confirmed = await post('/signup/confirm', confirmation);
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  assert.ok(confirmed.body.access_token);
  const again = await post('/signup/confirm', confirmation);
  assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
  console.log(`  a sign-up's mail arrives as both alternatives, and its link confirms (${language})`);
}

async function checkRetry() {
  refusal = smtpError(451);
  attempts = 0;
  await signUp('bob@example.com', 'en');
  while (attempts === 0) await sleep(50, undefined, { signal: patience });
  refusal = undefined;
  await take();
  await sleep(twoTries);
  assert.equal(arrived.length, 0);
  console.log('  a mail that is refused for now is sent again, and arrives once');
}

async function checkRefusal() {
  refusal = smtpError(554);
  attempts = 0;
  await signUp('eve@example.com', 'en');
  await sleep(twoTries);
  assert.equal(attempts, 1);
  const shown = await (await fetch(`${url}/_local/mails`)).json();
  assert.ok(shown.every(({ to }) => to !== 'eve@example.com'));
  console.log('  a mail that is refused for good is not sent again');
}

for (const [language, words] of Object.entries(languages)) await checkSignUp(language, words);
await checkRetry();
await checkRefusal();
server.close();
