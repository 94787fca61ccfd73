// The mails that the mailer handed over for delivery.

import { byId, element } from './dom.js';

let isLoading = false;
let isStale = false;

/** Asks the server for the mails, and shows them. Calls that come meanwhile are answered together by one more question. */
export async function load() {
  isStale = true;
  if (isLoading) {
    return;
  }
  isLoading = true;
  try {
    while (isStale) {
      isStale = false;
      await show();
    }
  } finally {
    isLoading = false;
  }
}

async function show() {
  // Without an answer, the list stays as it is: the badge of the events says that the server is gone.
  const response = await fetch('/_local/mails', { cache: 'no-store' }).catch(() => null);
  const mails = response?.ok ? await response.json() : [];
  if (mails.length) {
    byId('mails').replaceChildren(...mails.reverse().map(item));
  }
}

function item({ to, subject, text }) {
  return element('li', {},
    element('details', {}, element('summary', {}, `${to}: ${subject}`), element('pre', {}, ...linked(text))));
}

/** A text with its addresses as links. They open beside this page, whose tokens would be lost otherwise. */
function linked(text) {
  return text.split(/(https?:\/\/\S+)/).map((part, index) =>
    (index % 2 ? element('a', { href: part, target: '_blank', rel: 'noreferrer' }, part) : part));
}
