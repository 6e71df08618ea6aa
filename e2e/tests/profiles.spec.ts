import { isFit } from '../carrel/fit.ts';
import { homeAs, newSession, tile } from '../carrel/pages.ts';
import { ada, bob } from '../carrel/server.ts';
import { expect, test } from '../carrel/test.ts';

// Everybody chooses freely within bounds; bob has only named sizes, and one session at a time.
test.use({
  options: {
    config: {
      'profiles': ['[bob]', 'session-limit=1', ''].join('\n'),
      'launcher.local.profiles.conf': [
        ...['[*]', 'default-cpus=0.5', 'default-mem-mb=1024', 'max-cpus=1', 'max-mem-mb=2048', ''],
        ...['[bob]', 'allow-custom-resources=0', 'resource-profiles=snug', ''],
      ].join('\n'),
      'launcher.local.resources.conf': [
        ...['[snug]', 'name=Snug', 'cpus=0.5', 'mem-mb=1024', ''],
        ...['[hall]', 'name=Great Hall', 'cpus=1.5', 'mem-mb=2048', ''],
      ].join('\n'),
    },
  },
});

test('New Session offers the sizes of the files; what the profile refuses is greyed and says why', async ({ page, carrel }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await expect(tile(dialog, 'Snug')).toBeChecked();
  await expect(dialog.getByText('0.5 CPU, 1 GB').first()).toBeVisible();
  await expect(tile(dialog, 'Great Hall')).toBeDisabled();
  const why = 'It has 1.5 CPUs, and the profile of everybody allows at most 1.';
  await expect(dialog.locator('label', { hasText: 'Great Hall' })).toContainText(why);
  await expect(dialog.locator('label', { hasText: 'Custom' })).toContainText('Up to 1 CPU, 2 GB');
  await isFit(page, 'New Session with a size that is refused');
});

test('figures of one\'s own stay within the bounds of the profile, and are what the session gets', async ({ page, carrel, asAda }) => {
  await homeAs(page, carrel, ada);
  const dialog = await newSession(page);
  await tile(dialog, 'VS Code').check({ force: true });
  await tile(dialog, 'Custom').check({ force: true });
  await expect(dialog).toContainText('from 0.1 to 1');
  await expect(dialog).toContainText('from 256 MB to 2 GB');
  await expect(dialog).toContainText('The most CPUs and memory are set by the profile of everybody.');
  await isFit(page, 'New Session with figures of one\'s own');
  const cpus = dialog.getByRole('textbox', { name: 'CPU' });
  await cpus.fill('8');
  await cpus.blur();
  await expect(cpus).toHaveValue('1');
  const memory = dialog.getByRole('textbox', { name: 'Memory in MB' });
  await memory.fill('1');
  await memory.blur();
  await expect(memory).toHaveValue('256');
  await memory.fill('1536');
  await dialog.getByLabel('Name', { exact: true }).fill('measured');
  await expect(dialog).toContainText('carrel session launch --ide vscode --name measured --cpus 1 --memory-mb 1536');
  await dialog.getByRole('button', { name: 'Launch', exact: true }).click();
  await expect(page).toHaveURL(/\/(sessions\/[^/]+\/start|s\/[^/]+\/)/);
  const [session] = await asAda.sessions();
  expect(session).toMatchObject({ name: 'measured', cpus: 1, memory_mb: 1536 });
});

test('whose profile names sizes gets no figures of their own; at the limit nothing can be launched', async ({ page, carrel, asBob }) => {
  await homeAs(page, carrel, bob);
  let dialog = await newSession(page);
  await expect(tile(dialog, 'Custom')).toBeDisabled();
  await expect(dialog).toContainText('Only the named sizes are allowed by your profile.');
  await expect(tile(dialog, 'Great Hall')).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  const { id } = await asBob.launch('vscode', 'the-only-one');
  await asBob.becomes(id, 'Active', 'Idle');
  dialog = await newSession(page);
  await expect(tile(dialog, 'Snug')).toBeDisabled();
  await expect(dialog).toContainText(/You have 1 session running, the most that your profile allows\./);
  await isFit(page, 'New Session with nothing to choose');
});
