// How long it takes from the click to the IDE, and where the time goes. Run on a cluster that does nothing else:
// `cargo xtask bench --cluster`. The image is on the node after the first launch, which is not counted.

import { writeFileSync } from 'node:fs';
import type { Api } from '../carrel/api.ts';
import { expect, test } from '../cluster/test.ts';
import { until } from '../carrel/until.ts';

/** How often it is measured. */
const TIMES = 20;
/** The most that the median may be, in milliseconds: a bare Job with one init container took 3.5 to 3.7 s. */
const GOAL = 4_000;

/** A launch, in milliseconds of each part, in order. */
type Parts = Map<string, number>;

interface Event {
  at: string;
  code: string;
  text: string;
}

/** What the time before each line of a session's history was spent on. */
function partOf({ code, text }: Event): string {
  if (code === 'taken') return 'the supervisor takes it';
  if (code === 'ready') return 'the IDE answers';
  if (/^Looking for room/.test(text)) return 'the Job is made';
  if (/^Getting the programs/.test(text)) return 'a node is found';
  if (/^Attaching storage/.test(text)) return 'the image is there';
  if (/^Starting the IDE/.test(text)) return 'storage is there, containers start, the agent answers';
  return `${code}: ${text}`;
}

async function launch(api: Api, name: string): Promise<Parts> {
  const clicked = Date.now();
  const { id } = await api.launch('jupyterlab', name);
  const accepted = Date.now();
  await until('JupyterLab answers', 60_000, async () => {
    const answer = await api.http.get(`/s/${id}/api/status`);
    return answer.status() === 200 && (answer.headers()['content-type'] ?? '').includes('json');
  });
  const usable = Date.now();
  const events = (await (await api.http.get(`/api/v1/sessions/${id}/events`)).json()) as Event[];
  const parts: Parts = new Map([['accepted', accepted - clicked]]);
  // The clocks of server and client are one: the cluster's nodes are on this machine.
  let before = accepted;
  for (const event of events.filter(({ code }) => ['taken', 'step', 'ready'].includes(code))) {
    const at = Date.parse(event.at);
    parts.set(partOf(event), Math.max(0, at - before));
    before = Math.max(before, at);
  }
  parts.set('the first answer comes through', Math.max(0, usable - before));
  parts.set('in all', usable - clicked);
  await api.quit(id, true);
  await api.becomes(id, 'Stopped');
  return parts;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

test('from the click to JupyterLab', async ({ asTestUser }) => {
  test.setTimeout(900_000);
  await launch(asTestUser, 'warm-up');
  const launches: Parts[] = [];
  for (let time = 0; time < TIMES; time += 1) launches.push(await launch(asTestUser, `time-${time}`));
  const names = [...new Set(launches.flatMap((parts) => [...parts.keys()]))];
  const rows = names.map((name) => {
    const values = launches.map((parts) => parts.get(name)).filter((value) => value !== undefined);
    return `| ${name} | ${median(values)} | ${Math.min(...values)} | ${Math.max(...values)} |`;
  });
  const table = ['| part | median ms | least | most |', '| --- | --- | --- | --- |', ...rows].join('\n');
  if (process.env.CARREL_CLUSTER_TIMES) writeFileSync(process.env.CARREL_CLUSTER_TIMES, `${table}\n`);
  process.stdout.write(`${TIMES} launches of JupyterLab\n${table}\n`);
  expect(median(launches.map((parts) => parts.get('in all') ?? Number.NaN))).toBeLessThanOrEqual(GOAL);
});
