// What the owner of an address reads: the mails that the local server keeps.

import assert from 'node:assert/strict';

import { url } from './environment.mjs';

/** How long a mail may take, in milliseconds. */
const PATIENCE = 20_000;

/** The mailbox of an address. */
export class Mailbox {
  #read = 0;

  constructor(address) {
    this.address = address;
  }

  /** Waits for the first mail that isn't read yet. Some mails have neither a link with a token nor a code. */
  async next(isWanted = () => true) {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      const mails = await (await fetch(`${url}/_local/mails`)).json();
      const own = mails.filter(({ to }) => to === this.address).map(read);
      const index = own.findIndex((mail, at) => at >= this.#read && isWanted(mail));
      if (index !== -1) {
        this.#read = index + 1;
        return own[index];
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    return assert.fail(`no mail for ${this.address}`);
  }

  /** Waits for the first such mail with a link. Mails that only tell what happened to an account come in between. */
  nextWithLink() {
    return this.next(({ link }) => link !== undefined);
  }
}

/** The mail, with its link and its code. */
function read(mail) {
  const [link] = mail.text.match(/http\S*[?&]token=\S+/) ?? [];
  const [, code] = mail.text.match(/^ {4}(\d{6})$/m) ?? [];
  return { ...mail, link, code };
}

/** A code that isn't this one. */
export const otherThan = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
