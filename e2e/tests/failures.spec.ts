import { homeAs, newSession, row, tile } from '../carrel/pages.ts';
import { ada } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

/** An entry that runs a few lines of shell. */
function entry(id: string, name: string, script: string, program = 'sh'): string {
  return [
    `id = "${id}"`,
    `name = "${name}"`,
    'icon = "orbit"',
    '[program]',
    `requires = ["${program}"]`,
    '[start]',
    `command = ["{program}", "-c", "${script}"]`,
    '[http]',
    'strip_prefix = true',
    'ready = "/"',
  ].join('\n');
}

test.use({
  options: {
    arguments: ['--start-limit', '4'],
    ides: {
      'asleep.toml': entry('asleep', 'Asleep', 'echo waiting for a licence server; exec sleep 600'),
      'broken.toml': entry('broken', 'Broken', 'echo cannot open shared library libcarrel.so >&2; exit 127'),
      'hungry.toml': entry('hungry', 'Hungry', "x = b'x' * (400 << 20); import time; time.sleep(60)", 'python3'),
      'absent.toml': entry('absent', 'Absent', '', 'no-such-ide-of-carrel'),
    },
  },
});

for (const [ide, name, said, because] of [
  ['asleep', 'Asleep', 'waiting for a licence server', /did not answer|not ready|no progress|answer/i],
  ['broken', 'Broken', 'cannot open shared library libcarrel.so', /ended|exit|127/i],
] as const) {
  test(`an IDE that is ${ide} fails with its cause and its last output`, async ({ page, carrel, asAda }) => {
    await homeAs(page, carrel, ada);
    const dialog = await newSession(page);
    await tile(dialog, name).check({ force: true });
    await dialog.getByLabel('Name', { exact: true }).fill(`will-fail`);
    await dialog.getByRole('button', { name: 'Launch', exact: true }).click();
    const main = page.getByRole('main');
    await expect(main).toContainText('Failed', { timeout: 60_000 });
    await expect(main).toContainText(because);
    await expect(main).toContainText(said);

    // The session's own address says the same.
    const session = (await asAda.sessions()).find((one) => one.name === 'will-fail');
    expect(session?.cause?.text).toMatch(because);
    await page.goto(`/s/${session?.id}/`);
    await expect(page.locator('body')).toContainText(because);
    await expect(page.locator('body')).toContainText(said);
    await expect(page.getByRole('button', { name: 'Start again' })).toBeVisible();
  });
}

test('what ran out of memory is started again with more', async ({ page, carrel, asAda }) => {
  const asked = { ide: 'hungry', name: 'join', cpus: 0.5, memory_mb: 256, env: { SEED: '1' } };
  const { id } = await (await asAda.http.post('/api/v1/sessions', { data: asked })).json();
  await asAda.becomes(id, 'Failed');
  await homeAs(page, carrel, ada);
  await expect(row(page, 'join')).toContainText(/Out of memory/);
  const more = row(page, 'join').getByRole('button', { name: /^Start again with / });
  const words = await more.innerText();
  // Of the usual sizes the smallest has 2 GB.
  expect(words).toBe('Start again with 2 GB');
  await page.getByRole('button', { name: 'More actions for join' }).click();
  await expect(page.getByRole('menuitem', { name: 'Start again as it was' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.goto(`/sessions/${id}`);
  await expect(page.getByRole('button', { name: words })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('carrel session resume join --resource-profile small');
  await page.goto(`/sessions/${id}/start`);
  await page.getByRole('button', { name: words }).click();
  await expect.poll(async () => asAda.session(id)).toMatchObject({ generation: 2, memory_mb: 2048 });
});

test('an IDE whose program is missing is greyed and says so', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await expect(tile(dialog, 'Absent')).toBeDisabled();
  await expect(dialog).toContainText(/Absent:.*no-such-ide-of-carrel/);
});
