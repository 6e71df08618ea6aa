// How long it takes from the click to the IDE, and where the time goes. Run on a cluster that does nothing else:
// `cargo xtask bench --cluster`. The image is on the node after the first launch, which is not counted.

import { writeFileSync } from 'node:fs';
import type { Api } from '../carrel/api.ts';
import type { Installation } from '../carrel/cluster.ts';
import { expect, test } from '../cluster/test.ts';
import { until } from '../carrel/until.ts';

/** How often it is measured. */
const TIMES = 20;
/** The most that medians may be, in milliseconds: a bare Job with one init container took 3.5 to 3.7 s. */
const GOAL = 4_000;
const OWN_GOAL = 300;

/** A launch, in milliseconds of each part, in order. */
type Parts = Map<string, number>;

interface Event {
  at: string;
  code: string;
  text: string;
}

/** The parts that are Carrel's own; the others are Kubernetes', the node's and the IDE's. */
const OWN = ['the launch is accepted', 'the supervisor takes it', 'the agent is found, and gets its plan', 'the first answer comes through'];

/** When the agent wrote its first line, by the clock of the node. */
async function agentBegan(carrel: Installation, id: string): Promise<number> {
  const lines = await carrel.kubectl('logs', '-l', `carrel.dev/session=${id}`, '-c', 'session', '--timestamps', '--tail=-1');
  return Date.parse(lines.split(' ', 1)[0] ?? '');
}

async function launch(carrel: Installation, api: Api, name: string): Promise<Parts> {
  const clicked = Date.now();
  const { id } = await api.launch('jupyterlab', name);
  const accepted = Date.now();
  await until('JupyterLab answers', 60_000, async () => {
    const answer = await api.http.get(`/s/${id}/api/status`);
    return answer.status() === 200 && (answer.headers()['content-type'] ?? '').includes('json');
  });
  const usable = Date.now();
  const events = (await (await api.http.get(`/api/v1/sessions/${id}/events`)).json()) as Event[];
  const at = (line: RegExp) => Date.parse(events.find(({ code, text }) => line.test(`${code}: ${text}`))?.at ?? '');
  // The clocks of server, node and client are one: the cluster is on this machine.
  const moments: [string, number][] = [
    ['the launch is accepted', accepted],
    ['the supervisor takes it', at(/^taken:/)],
    ['Job and pod are made, a node is found', at(/^step: Getting the programs/)],
    ['images are looked for, volumes mounted, the agent is brought, its container starts', await agentBegan(carrel, id)],
    ['the agent is found, and gets its plan', at(/^step: Starting the IDE/)],
    ['the IDE answers', at(/^ready:/)],
    ['the first answer comes through', usable],
  ];
  const parts: Parts = new Map();
  let before = clicked;
  for (const [part, moment] of moments) {
    expect(moment, part).not.toBeNaN();
    parts.set(part, Math.max(0, moment - before));
    before = Math.max(before, moment);
  }
  parts.set("of which Carrel's own", OWN.reduce((sum, part) => sum + (parts.get(part) ?? Number.NaN), 0));
  parts.set('in all', usable - clicked);
  await api.quit(id, true);
  await api.becomes(id, 'Stopped');
  return parts;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

test('from the click to JupyterLab', async ({ carrel, asTestUser }) => {
  test.setTimeout(900_000);
  await launch(carrel, asTestUser, 'warm-up');
  const launches: Parts[] = [];
  for (let time = 0; time < TIMES; time += 1) launches.push(await launch(carrel, asTestUser, `time-${time}`));
  const names = [...new Set(launches.flatMap((parts) => [...parts.keys()]))];
  const rows = names.map((name) => {
    const values = launches.map((parts) => parts.get(name)).filter((value) => value !== undefined);
    return `| ${name} | ${median(values)} | ${Math.min(...values)} | ${Math.max(...values)} |`;
  });
  const table = ['| part | median ms | least | most |', '| --- | --- | --- | --- |', ...rows].join('\n');
  if (process.env.CARREL_CLUSTER_TIMES) writeFileSync(process.env.CARREL_CLUSTER_TIMES, `${table}\n`);
  process.stdout.write(`${TIMES} launches of JupyterLab\n${table}\n`);
  const medianOf = (part: string) => median(launches.map((parts) => parts.get(part) ?? Number.NaN));
  expect(medianOf('in all')).toBeLessThanOrEqual(GOAL);
  expect(medianOf("of which Carrel's own")).toBeLessThan(OWN_GOAL);
});
