// What the server does, as it happens.

import { byId, code, element, outcome, timeOfDay } from './dom.js';
import * as mails from './mails.js';

/** Entries that are shown. */
const KEPT = 150;
/** Milliseconds until the stream is opened again after a refusal. */
const PAUSE = 3000;

let source;
let lastId;
let timer;

/**
 * Reads only while the page is visible: a browser has only six connections to a server, and pages in other tabs would use them up.
 */
export function listen() {
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', follow);
  follow();
}

function open() {
  close();
  source = new EventSource(lastId ? `/_local/events?after=${encodeURIComponent(lastId)}` : '/_local/events');
  source.onopen = () => state('live', 'good');
  source.onmessage = (message) => {
    lastId = message.lastEventId;
    add(JSON.parse(message.data));
  };
  source.addEventListener('missed', (message) => {
    add({ kind: 'missed', entries: JSON.parse(message.data).entries });
  });
  source.onerror = () => {
    state('not connected', 'failed');
    // A browser reconnects by itself, unless the server refused it.
    if (source.readyState === EventSource.CLOSED) {
      timer = setTimeout(open, PAUSE);
    }
  };
}

function close() {
  clearTimeout(timer);
  source?.close();
}

function state(text, className) {
  byId('stream').textContent = text;
  byId('stream').className = `badge ${className}`;
}

function add(entry) {
  if (entry.kind === 'mail') {
    mails.load();
  }
  const list = byId('events');
  list.prepend(shown(entry));
  while (list.children.length > KEPT) {
    list.lastElementChild.remove();
  }
}

function shown(entry) {
  if (entry.kind === 'missed') {
    return element('div', { className: 'entry event warned' }, `${entry.entries} entries were missed.`);
  }
  const { line } = entry;
  const time = element('span', { className: 'meta' }, timeOfDay(new Date(line.timestamp)));
  if (entry.kind === 'mail') {
    return element('div', { className: 'entry' },
      time, ' ', element('span', { className: 'status good' }, 'mail'), ' ', code(line.to), element('p', { className: 'meta' }, line.subject));
  }
  return entry.kind === 'request' ? request(line, time) : event(entry, time);
}

function request(line, time) {
  const why = [line.error, line.reason].filter(Boolean).join(': ');
  const who = [line.user_id && `user ${line.user_id}`, line.client_id && `client ${line.client_id}`];
  const rest = [why, ...who, `${Math.round(line.elapsed_ms * 10) / 10} ms`].filter(Boolean).join(' · ');
  return element('div', { className: 'entry' },
    time, ' ', element('span', { className: `status ${outcome(line.status)}` }, String(line.status ?? '–')), ' ',
    code(`${line.method} ${line.path}`), element('p', { className: 'meta' }, rest));
}

/** Its name, what it means, and its fields. */
function event({ name, sentence, line }, time) {
  const isWarning = ['WARN', 'ERROR'].includes(line.level);
  const details = element('details', {}, element('summary', {}, time, ' ', code(name ?? line.level)), element('pre', {}, JSON.stringify(line, null, 2)));
  return element('div', { className: `entry event${isWarning ? ' warned' : ''}` },
    details, sentence ? element('p', {}, sentence) : null);
}
