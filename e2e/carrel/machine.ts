// What the machine says of processes, sockets and ports.

import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { until } from './until.ts';

/** A port that a process listens on. */
export interface Port {
  pid: number;
  /** As the kernel writes it: `0100007F`. */
  address: string;
  port: number;
}

/** The processes that have this home folder, which is how sessions of a test are told from all others. */
export function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => variablesOf(pid).includes(`HOME=${home}`));
}

/** The environment that a process was started with. One that ended and was not yet asked for its code has none. */
export function variablesOf(pid: number): string[] {
  return (read(`/proc/${pid}/environ`) ?? '').split('\0');
}

/** Kills processes until there are none. */
export async function killAll(find: () => number[]): Promise<void> {
  await until('all processes of the test are gone', 20_000, () => {
    const left = find();
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    return left.length === 0;
  });
}

/** What a process was started with. */
export function commandOf(pid: number): string {
  return (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

/** The TCP ports that these processes listen on. */
export function portsOf(pids: number[]): Port[] {
  const owners = new Map<string, number>();
  for (const pid of pids) {
    for (const inode of socketsOf(pid)) owners.set(inode, pid);
  }
  const listening = '0A';
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    (read(table) ?? '')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[3] === listening && owners.has(row[9] ?? ''))
      .map((row) => {
        const [address, port] = (row[1] as string).split(':') as [string, string];
        return { pid: owners.get(row[9] as string) as number, address, port: Number.parseInt(port, 16) };
      }),
  );
}

/** Whether an address, as the kernel writes it, can be reached only from this machine. */
export function isLoopback(address: string): boolean {
  // 127.x.x.x, ::1, and 127.x.x.x written as IPv6; each word with its bytes backwards.
  return (
    /^[0-9A-F]{6}7F$/.test(address) ||
    address === '00000000000000000000000001000000' ||
    /^0000000000000000FFFF0000[0-9A-F]{6}7F$/.test(address)
  );
}

/** What a port says to a request without any key, within two seconds. */
export function answerOf(port: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\nHost: localhost\r\n\r\n'));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (bytes) => {
      said += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
  });
}

/** All Unix sockets below a folder. */
export function unixSocketsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const what = lstatSync(path, { throwIfNoEntry: false });
    if (what?.isDirectory()) return unixSocketsIn(path);
    return what?.isSocket() ? [path] : [];
  });
}

/** What another account of the machine gets when it connects to a Unix socket: a code such as EACCES, or `connected`. */
export function connectAs(other: string, path: string): string {
  const script =
    'const s = require("node:net").connect(process.argv[1]);' +
    's.on("connect", () => { console.log("connected"); s.destroy() });' +
    's.on("error", (e) => console.log(e.code));';
  const words = ['--reuid', other, '--regid', 'nogroup', '--clear-groups', '--', process.execPath, '-e', script, path];
  const said = spawnSync('setpriv', words, { encoding: 'utf8', cwd: '/', env: {} });
  return said.stdout.trim() || said.stderr;
}

/** Whether others than its owner may enter a folder. */
export function isPrivate(folder: string): boolean {
  return (lstatSync(folder).mode & 0o077) === 0;
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((name) => {
      const socket = /^socket:\[(\d+)\]$/.exec(readlink(join(folder, name)));
      return socket ? [socket[1] as string] : [];
    });
  } catch {
    return [];
  }
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
