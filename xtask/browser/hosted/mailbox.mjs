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
  async next() {
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      const mails = await (await fetch(`${url}/_local/mails`)).json();
      const mail = mails.filter(({ to }) => to === this.address)[this.#read];
      if (mail) {
        this.#read += 1;
        const [link] = mail.text.match(/http\S*[?&]token=\S+/) ?? [];
        const [, code] = mail.text.match(/^ {4}(\d{6})$/m) ?? [];
        return { ...mail, link, code };
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    return assert.fail(`no mail for ${this.address}`);
  }
}

/** A code that isn't this one. */
export const otherThan = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
