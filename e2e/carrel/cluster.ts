// A Carrel that Helm installed: what tests ask of the cluster around it. `cargo xtask test` says where it is.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Person, Reached } from './server.ts';
import { until } from './until.ts';

const run = promisify(execFile);
/** The most that kubectl may say: the logs of a whole run. */
const MOST_SAID = 256 << 20;

function fromXtask(name: string): string {
  const value = process.env[`CARREL_CLUSTER_${name}`];
  if (!value) throw new Error(`CARREL_CLUSTER_${name} is not set: run the tests with \`cargo xtask test\``);
  return value;
}

/** The test user of the chart (`userCreate`). */
export const testUser: Person = { name: 'rstudio', password: process.env.CARREL_CLUSTER_PASSWORD ?? 'rstudio' };

/** One pod of the server. */
export interface Replica {
  name: string;
  ip: string;
}

/** The installation under test. */
export class Installation implements Reached {
  readonly url: string;
  readonly namespace = fromXtask('NAMESPACE');
  readonly release = fromXtask('RELEASE');
  readonly #kubectl = fromXtask('KUBECTL');

  private constructor(url: string) {
    this.url = url;
  }

  /** Finds it, by the address of its Service: each new connection goes to a replica that the cluster chooses. */
  static async find(): Promise<Installation> {
    const nowhere = new Installation('');
    const service = `{.spec.clusterIP}:{.spec.ports[?(@.name=="http")].port}`;
    const address = await nowhere.kubectl('get', 'service', nowhere.release, '-o', `jsonpath=${service}`);
    // As browsers write it, who leave out port 80: Jupyter compares it with the host letter by letter.
    return new Installation(new URL(`http://${address}`).origin);
  }

  async kubectl(...asked: string[]): Promise<string> {
    const { stdout } = await run(this.#kubectl, ['-n', this.namespace, ...asked], { maxBuffer: MOST_SAID });
    return stdout;
  }

  /** Objects of a kind. */
  async list<T>(kind: string, ...asked: string[]): Promise<T[]> {
    const { items } = JSON.parse(await this.kubectl('get', kind, '-o', 'json', ...asked)) as { items: T[] };
    return items;
  }

  /** The replicas that are ready. */
  async replicas(): Promise<Replica[]> {
    const selector = `app.kubernetes.io/instance=${this.release}`;
    const pods = await this.list<Pod>('pods', '-l', selector);
    const isReady = ({ metadata, status }: Pod) =>
      !metadata.deletionTimestamp && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    return pods.filter(isReady).map(({ metadata, status }) => ({ name: metadata.name, ip: status.podIP ?? '' }));
  }

  /** Until so many replicas are ready, none of them `gone`. */
  async hasReplicas(count: number, gone: string[] = []): Promise<Replica[]> {
    return until(`${count} replicas are ready`, 120_000, async () => {
      const replicas = await this.replicas();
      const fresh = replicas.filter(({ name }) => !gone.includes(name));
      return fresh.length >= count && fresh;
    });
  }

  /** Deletes a replica, as a node that is drained does. */
  async removeReplica({ name }: Replica): Promise<void> {
    await this.kubectl('delete', 'pod', name, '--wait=false');
  }

  /** Until these are gone and the address leads to others, which a node learns of a moment after they are ready. */
  async hasReplaced(gone: Replica[]): Promise<void> {
    await this.kubectl('wait', '--for=delete', '--timeout=120s', ...gone.map(({ name }) => `pod/${name}`));
    const answers = () => fetch(`${this.url}/health-check`).then(({ ok }) => ok, () => false);
    await until('the address leads to another replica', 120_000, answers);
  }

  /** How many requests to sessions a replica has passed on. */
  async passedOn({ ip }: Replica): Promise<number> {
    const text = await (await fetch(`http://${ip}:8989/metrics`)).text();
    return Number(/^carrel_requests_to_sessions_total (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  }
}

interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
}
