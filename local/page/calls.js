// Requests of this page, and what it shows of them.

import { byId, element, outcome } from './dom.js';

/** Exchanges that are kept, the newest first. */
const KEPT = 30;
const TOKEN = /\b(?:eyJ[\w-]*\.[\w-]*\.[\w-]*|lg[rc]\d+_[\w-]*)/g;
const SECRET = /\b(password|client_secret|current_password|new_password)(=)[^&\s]*/g;

let exchanges = [];

/**
 * Sends a request to this server, and shows it with its answer.
 * Returns the status, the headers, the text, and the JSON that the text is, if it is.
 */
export async function send({ method, path, headers = {}, body }) {
  const exchange = { method, path, headers, body, at: new Date() };
  exchanges = [exchange, ...exchanges].slice(0, KEPT);
  const started = performance.now();
  let answered;
  try {
    const response = await fetch(path, { method, headers, body, cache: 'no-store', credentials: 'omit', redirect: 'manual' });
    answered = response.headers;
    const text = await response.text();
    Object.assign(exchange, { status: response.status, answered: [...answered], text });
  } catch (error) {
    exchange.failure = error.message;
  }
  exchange.milliseconds = Math.round(performance.now() - started);
  show();
  return { status: exchange.status, headers: answered, text: exchange.text, json: parsed(exchange.text), failure: exchange.failure };
}

/** Shows all again: more or less of the tokens. */
export function show() {
  byId('exchanges').replaceChildren(...exchanges.map((exchange, index) => {
    // The newest is open, and so are those that the reader opened.
    const item = element('details', { open: exchange.isOpen ?? index === 0 }, ...parts(exchange));
    item.firstElementChild.addEventListener('click', () => { exchange.isOpen = !item.open; });
    return element('li', {}, item);
  }));
}

function parts(exchange) {
  const { method, path, headers, body, status, answered, text, failure, milliseconds } = exchange;
  const summary = element('summary', {},
    element('span', { className: `status ${outcome(status)}` }, String(status ?? 'failed')),
    ' ', element('code', {}, `${method} ${shown(path)}`), ' ', `${milliseconds} ms`);
  const request = [`${method} ${path}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (body) {
    request.push('', body);
  }
  const answer = failure ? [`No answer: ${failure}`] : [String(status), ...answered.map(([name, value]) => `${name}: ${value}`)];
  if (text) {
    answer.push('', pretty(text));
  }
  return [
    summary,
    element('h3', {}, 'Request'), block('Request', shown(request.join('\n'))),
    element('h3', {}, 'Answer'), block('Answer', shown(answer.join('\n'))),
  ];
}

/** The text may overflow: with a tabindex, the keyboard can scroll it. */
function block(label, text) {
  const made = element('pre', { tabIndex: 0 }, text);
  made.setAttribute('role', 'group');
  made.setAttribute('aria-label', label);
  return made;
}

/** The text with its tokens shortened, and always without passwords and secrets. */
function shown(text) {
  const hidden = text.replace(SECRET, '$1$2(not shown)').replace(/"(password|client_secret|current_password|new_password)"\s*:\s*"[^"]*"/g, '"$1": "(not shown)"');
  if (byId('whole').checked) {
    return hidden;
  }
  return hidden.replace(TOKEN, (token) => `${token.slice(0, 8)}…(${token.length} characters)`);
}

function pretty(text) {
  const value = parsed(text);
  return value === undefined ? text : JSON.stringify(value, null, 2);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
