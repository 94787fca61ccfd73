// How a page looks: axe-core finds nothing, in both schemes and at every width, and nothing scrolls sideways.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { environment } from './environment.mjs';

const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const pictures = environment('LATCHGATE_PICTURES');
const SCHEMES = ['light', 'dark'];
/** The width of the pictures, that of a phone. */
const PICTURED = 390;
/** The last but one is a window of 1280 px at 200 % zoom; in the last, the user has doubled the font size. */
const SIZES = [
  { width: PICTURED, height: 600 },
  { width: 320, height: 600 },
  { width: 1280, height: 900 },
  { width: 640, height: 450 },
  { width: 320, height: 600, letter: 32 },
];
/** Targets of at least 24 px (WCAG 2.2, 2.5.8) are a rule that axe-core doesn't check by default. */
const RULES = { 'target-size': { enabled: true } };

/** Looks at a page that a visitor with JavaScript sees; `name` is that of its pictures. Those in docs/guide/pages are made of them. */
export async function look({ page, devTools }, name) {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const { letter = 16, ...size } of SIZES) {
      const where = `${name}, ${colorScheme}, ${size.width} px, letters of ${letter} px`;
      await devTools.send('Page.setFontSizes', { fontSizes: { standard: letter } });
      await page.setViewportSize(size);
      const { letters, overflow } = await page.evaluate(() => ({
        letters: parseFloat(getComputedStyle(document.querySelector('main')).fontSize),
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      }));
      assert.equal(letters, letter, `${where}: letters have the size that the user wants`);
      assert.equal(overflow, 0, `${where}: it scrolls sideways`);
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate((rules) => axe.run({ rules }), RULES);
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      assert.deepEqual(found, [], where);
      for (const rule of ['color-contrast', 'page-has-heading-one']) {
        assert.ok(passes.some(({ id }) => id === rule), `${where}: axe-core tried ${rule}`);
      }
      if (size.width === PICTURED) {
        await page.screenshot({ path: `${pictures}/${name}-${colorScheme}.png`, fullPage: true });
      }
    }
    await devTools.send('Page.setFontSizes', { fontSizes: { standard: 16 } });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}
