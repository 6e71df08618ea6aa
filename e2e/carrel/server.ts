// A server of the tests' own: built programs, real IDEs, a scratch folder, a free port. Started by root it runs as the
// account of the server, as `cargo xtask up` does it.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { killAll, processesOf } from './machine.ts';
import { until } from './until.ts';

/** What `cargo xtask test` says of this machine. */
function fromXtask(name: string): string {
  const value = process.env[`CARREL_E2E_${name}`];
  if (!value) throw new Error(`CARREL_E2E_${name} is not set: run the tests with \`cargo xtask test\``);
  return value;
}

/** The account that servers run as; none when these tests run as an ordinary user. */
export const account = process.env.CARREL_E2E_ACCOUNT;

/** The folder of the PostgreSQL that servers use; none when they use SQLite. */
const postgres = process.env.CARREL_E2E_POSTGRES;

/** Somebody who may sign in. */
export interface Person {
  name: string;
  password: string;
}

export const ada: Person = { name: 'ada', password: 'a quiet place to work' };
export const bob: Person = { name: 'bob', password: 'another quiet place' };
/** An administrator. */
export const grace: Person = { name: 'grace', password: 'where the lamps are lit' };

/** A server that tests can reach, wherever it runs. */
export interface Reached {
  readonly url: string;
}

export interface Options {
  /** More arguments of `carrel serve`. */
  arguments?: string[];
  /** IDE entries of the administrator, by the name of their file. */
  ides?: Record<string, string>;
  /** Configuration files, by their name. */
  config?: Record<string, string>;
}

export class Carrel implements Reached {
  readonly url: string;
  /** Everything of this server lies in here. */
  readonly scratch: string;
  /** The home folder of its sessions. */
  readonly home: string;
  readonly #port: number;
  readonly #options: Options;
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(port: number, options: Options) {
    this.#port = port;
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    this.scratch = mkdtempSync(join(tmpdir(), 'carrel-e2e-'));
    this.home = join(this.scratch, 'home');
    const folders = [this.home, this.data, this.#ides, this.#config];
    for (const folder of folders) mkdirSync(folder, { mode: 0o700 });
    if (postgres) this.#useDatabaseOf(postgres);
    for (const [name, text] of Object.entries(options.ides ?? {})) writeFileSync(join(this.#ides, name), text);
    for (const [name, text] of Object.entries(options.config ?? {})) this.configure(name, text);
    if (account) {
      const id = (what: string) => Number(execFileSync('id', [what, account as string], { encoding: 'utf8' }));
      const [uid, gid] = [id('-u'), id('-g')];
      for (const folder of [this.scratch, ...folders]) chownSync(folder, uid, gid);
    }
  }

  get data(): string {
    return join(this.scratch, 'data');
  }

  get #ides(): string {
    return join(this.scratch, 'ides');
  }

  get #config(): string {
    return join(this.scratch, 'config');
  }

  /** Writes a configuration file; says where it is. A server that runs takes it over when it is told to reload. */
  configure(name: string, text: string): string {
    const path = join(this.#config, name);
    writeFileSync(path, text);
    return path;
  }

  /** Makes a database of this server's own, and a configuration that names it. */
  #useDatabaseOf(host: string): void {
    const database = basename(this.scratch).replaceAll('-', '_');
    const [program, ...first] = this.#asServer(join(fromXtask('POSTGRES_BIN'), 'createdb'));
    execFileSync(program as string, [...first, '--host', host, '--username', 'carrel', database], { cwd: '/' });
    const lines = ['provider=postgresql', `host=${host}`, `database=${database}`, 'username=carrel', 'pool-size=4', ''];
    writeFileSync(join(this.#config, 'database.conf'), lines.join('\n'));
  }

  /** A server with ada, bob and grace. */
  static async start(options: Options = {}): Promise<Carrel> {
    const carrel = new Carrel(await freePort(), options);
    carrel.command(['user', 'add', ada.name, '--password-stdin', '--display-name', 'Ada Byron'], ada.password);
    carrel.command(['user', 'add', bob.name, '--password-stdin', '--shared-account'], bob.password);
    const asAdministrator = ['--role', 'administrator', '--display-name', 'Grace Hopper', '--shared-account'];
    carrel.command(['user', 'add', grace.name, '--password-stdin', ...asAdministrator], grace.password);
    await carrel.run();
    return carrel;
  }

  /** Runs a command of `carrel` on the data of this server. */
  command(words: string[], input = ''): string {
    const [program, ...first] = this.#asServer(fromXtask('CARREL'));
    return execFileSync(program as string, [...first, ...words, '--data-dir', this.data], {
      encoding: 'utf8',
      input,
      env: this.#env,
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Starts the server, and waits until it is ready. */
  async run(): Promise<void> {
    const [program, ...first] = this.#asServer(fromXtask('CARREL'));
    const server = spawn(
      program as string,
      [
        ...first,
        ...['serve', '--listen', `127.0.0.1:${this.#port}`, '--data-dir', this.data],
        ...['--agent', fromXtask('AGENT'), '--ide-path', fromXtask('IDE_PATH'), '--ides', this.#ides],
        ...(this.#options.arguments ?? []),
      ],
      { env: this.#env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = server;
    const hear = (bytes: Buffer) => {
      this.#said = (this.#said + bytes.toString()).slice(-20_000);
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    await until(`the server is ready`, 60_000, async () => {
      if (server.exitCode !== null) throw new Error(`the server ended with code ${server.exitCode}:\n${this.#said}`);
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      return answer?.ok;
    });
  }

  /** Kills the server as with kill -9: it can't say goodbye to anybody. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** What the server wrote last. */
  get said(): string {
    return this.#said;
  }

  /** The process of the server. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** Empties the home folder: IDEs open again what was open the last time. */
  emptyHome(): void {
    for (const name of readdirSync(this.home)) rmSync(join(this.home, name), { recursive: true, force: true });
  }

  /** Ends the server and everything that it started. */
  async remove(): Promise<void> {
    await this.#end('SIGTERM');
    await killAll(() => processesOf(this.home));
    rmSync(this.scratch, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  }

  #asServer(program: string): string[] {
    // Ended together with the tests, should those be killed.
    const words = ['setpriv', '--pdeathsig', 'TERM'];
    if (account) words.push('--reuid', account, '--regid', account, '--init-groups');
    return [...words, '--', program];
  }

  get #env(): Record<string, string> {
    const user = account ?? process.env.USER ?? 'carrel';
    return {
      HOME: this.home,
      RSTUDIO_CONFIG_DIR: this.#config,
      LANG: 'C.UTF-8',
      LOGNAME: user,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      SHELL: '/bin/bash',
      USER: user,
    };
  }
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
