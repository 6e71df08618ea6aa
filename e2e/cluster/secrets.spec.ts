// Runs last: what no object, log or event of the whole run may hold.

import { expect, test } from './test.ts';

/** Kinds that people read, and that land in backups and support files. Secrets are where secrets belong. */
const KINDS = 'pods,jobs,deployments,replicasets,services,configmaps,events,serviceaccounts,roles,rolebindings,networkpolicies';

/** The lines of a secret's value that would stand where it leaked. */
function telling(text: string): string[] {
  const lines = text.split('\n');
  const inner = lines.length > 1 && /PRIVATE KEY/.test(lines[0] ?? '') ? lines.slice(1, 2) : [];
  return (lines.length === 1 ? lines : inner).filter((line) => line.length >= 12);
}

interface Secret {
  metadata: { name: string };
  type: string;
  data?: Record<string, string>;
}

test('no secret stands in any object, log or event', async ({ carrel }) => {
  const named = JSON.parse(process.env.CARREL_CLUSTER_CANARIES ?? '{}') as Record<string, string>;
  const kept = (await carrel.list<Secret>('secrets'))
    .filter(({ type }) => type === 'Opaque')
    .flatMap(({ metadata, data }) => Object.entries(data ?? {}).map(([key, text]) => [`${metadata.name}/${key}`, text]))
    .map(([name, text]): [string, string] => [String(name), Buffer.from(String(text), 'base64').toString().trim()]);
  // What is named, every value of a Secret that is long enough not to be found by accident, and of keys a line of letters.
  const canaries = [...Object.entries(named), ...kept.flatMap(([name, text]) => telling(text).map((line): [string, string] => [name, line]))];
  expect(Object.keys(named).length).toBeGreaterThan(0);
  expect(canaries.length).toBeGreaterThan(Object.keys(named).length);

  const told: [string, string][] = [['objects', await carrel.kubectl('get', KINDS, '-o', 'yaml')]];
  const pods = (await carrel.kubectl('get', 'pods', '-o', 'name')).trim().split('\n').filter(Boolean);
  for (const pod of pods) {
    told.push([`the log of ${pod}`, await carrel.kubectl('logs', pod, '--all-containers', '--ignore-errors')]);
  }
  for (const [where, text] of told) {
    expect(text.length, where).toBeGreaterThan(0);
    for (const [name, canary] of canaries) {
      for (const form of [canary, Buffer.from(canary).toString('base64').replace(/=+$/, ''), encodeURIComponent(canary)]) {
        expect(text.includes(form), `${name} stands in ${where}`).toBe(false);
      }
    }
  }
});
