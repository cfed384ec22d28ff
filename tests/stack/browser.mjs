// Logs in at the issuer with a headless Chromium, as a person would.
//
// usage: node browser.mjs URL [LOGIN]
//
// URL is an authorization request or the page of a device code. Fills in every
// form until the issuer has sent the browser away or has nothing more to ask;
// then prints the last page's address and text. LOGIN is alice@example.com where
// absent. CHROMIUM names the program where it is not /usr/bin/chromium.
import { chromium } from 'playwright-core';

const [url, login = 'alice@example.com'] = process.argv.slice(2);
const LIMIT = 8; // forms; the longest way, by a device code, has three

async function submit(page) {
  const name = page.locator('input[name=login]');
  if (await name.count()) await name.fill(login);
  const password = page.locator('input[name=password]');
  if (await password.count()) await password.fill('any');
  await page.locator('button[type=submit]').first().click();
  await page.waitForLoadState();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'], // Chromium's own needs rights that a container may not have
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  const { origin } = new URL(page.url());
  for (let forms = 0; forms < LIMIT; forms += 1) {
    const asked = page.url().startsWith(origin) && await page.locator('button[type=submit]').count();
    if (!asked) break;
    await submit(page);
  }
  console.log(page.url().split('?')[0]);
  console.log((await page.locator('body').innerText()).trim());
} finally {
  await browser.close();
}
