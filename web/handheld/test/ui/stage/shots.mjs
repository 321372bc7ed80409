// Takes a picture of every scene, in each language and size, and says what is wrong with it:
//   node test/ui/stage/shots.mjs [--out DIR] [--only scene,scene] [--sizes 360x740,320x568] [--langs fr,en] [--font 32] [--dir rtl]
// It ends with 1 if anything is wrong.

import { mkdirSync } from 'node:fs';
import { openStage, wrongWith } from './browser.mjs';

const arg = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : process.argv[i + 1];
};
const list = (name, otherwise) => arg(name, otherwise).split(',').filter(Boolean);
const out = arg('out', 'test-results/screens');
const [font, dir] = [arg('font', ''), arg('dir', '')];

mkdirSync(out, { recursive: true });
const stage = await openStage({ font });
const wanted = list('only', Object.keys(stage.scenes).join());
const wrong = [];
for (const size of list('sizes', '360x740,320x568,740x360')) {
  for (const lang of list('langs', 'fr,en')) {
    let scene = '';
    const say = (problem) => wrong.push(`${size} ${lang} ${scene}: ${problem}`);
    const page = await stage.page(size, say);
    for (scene of wanted) {
      await stage.show(page, scene, lang, dir);
      for (const problem of await wrongWith(page)) say(problem);
      await page.screenshot({ path: `${out}/${scene}-${lang}-${size}${font && `-${font}`}${dir && `-${dir}`}.png` });
    }
    await page.context().close();
  }
}
await stage.close();
for (const w of wrong) console.log(w);
console.log(`${wrong.length} wrong`);
process.exit(wrong.length ? 1 : 0);
