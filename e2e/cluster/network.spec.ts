// Who may reach whom: the NetworkPolicies beside a table, and then tried from a session.

import type { Installation } from '../carrel/cluster.ts';
import { type AddressEnd, type End, type NetworkPolicy, type PodEnd, reaches } from '../carrel/network.ts';
import { expect, test } from './test.ts';

/** Where agents listen. */
const AGENT = 8700;
const HTTP = 8787;
const METRICS = 8989;
const DNS = 53;

interface Pod {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  status: { podIP: string };
}

function end({ metadata }: Pod): PodEnd {
  return { namespace: metadata.namespace, labels: metadata.labels };
}

/** Whether a connection from the session's container to somewhere comes about. */
async function connects(carrel: Installation, from: Pod, address: string, port: number): Promise<boolean> {
  const script = `import socket\nsocket.create_connection(("${address}", ${port}), 3)`;
  const command = ['exec', from.metadata.name, '-c', 'session', '--', 'python3', '-c', script];
  return carrel.kubectl(...command).then(
    () => true,
    () => false,
  );
}

test('who may reach whom is as the table says', async ({ carrel, asTestUser }, info) => {
  for (const name of ['one', 'another']) {
    const { id } = await asTestUser.launch('jupyterlab', name);
    await asTestUser.becomes(id, 'Active', 'Idle');
  }
  const [one, another] = await carrel.list<Pod>('pods', '-l', 'carrel.dev/session');
  const [server] = await carrel.list<Pod>('pods', '-l', 'app.kubernetes.io/name=rstudio-workbench');
  const [names] = await carrel.list<Pod>('pods', '--all-namespaces', '-l', 'k8s-app=kube-dns');
  if (!one || !another || !server || !names) throw new Error('a pod of the table is not there');
  const anybody: AddressEnd = { address: '203.0.113.7' };
  const metadata: AddressEnd = { address: '169.254.169.254' };
  const policies = await carrel.list<NetworkPolicy>('networkpolicies');

  const table: [string, End, End, number, boolean][] = [
    ['the server reaches the agent of a session', end(server), end(one), AGENT, true],
    ['a session does not reach another', end(one), end(another), AGENT, false],
    ['a session does not reach the pages of the server', end(one), end(server), HTTP, false],
    ['a session does not reach the metrics', end(one), end(server), METRICS, false],
    ['a session finds names', end(one), end(names), DNS, true],
    ['a session reaches other pods', end(one), end(names), 8080, true],
    ['a session reaches the world', end(one), anybody, 443, true],
    ['a session does not reach the credentials of a cloud', end(one), metadata, 80, false],
    ['other pods, such as an ingress controller, reach the server', end(names), end(server), HTTP, true],
    ['other pods, such as Prometheus, reach the metrics', end(names), end(server), METRICS, true],
    ['other pods do not reach a session', end(names), end(one), AGENT, false],
    ['the world reaches the pages of the server', anybody, end(server), HTTP, true],
    ['the world does not reach the metrics', anybody, end(server), METRICS, false],
    ['the world does not reach a session', anybody, end(one), AGENT, false],
    ['nobody reaches other ports of the server', end(names), end(server), 22, false],
  ];
  for (const [line, from, to, port, may] of table) {
    expect.soft(reaches(policies, from, to, port), line).toBe(may);
  }

  // What is allowed works whether or not the policies are enforced; what is not allowed shows whether they are.
  expect(await connects(carrel, one, names.status.podIP, DNS), 'a session finds names').toBe(true);
  const forbidden: [string, string, number][] = [
    ['another session', another.status.podIP, AGENT],
    ['the pages of the server', server.status.podIP, HTTP],
    ['the metrics of the server', server.status.podIP, METRICS],
  ];
  const reached = [];
  for (const [what, address, port] of forbidden) if (await connects(carrel, one, address, port)) reached.push(what);
  if (reached.length === forbidden.length) {
    const text = 'the network plugin of this cluster does not enforce NetworkPolicies: not proven by a connection';
    info.annotations.push({ type: 'not proven', description: text });
    process.stdout.write(`NOT PROVEN: ${text}\n`);
  } else {
    expect(reached).toEqual([]);
  }
});
