// A kernel of JupyterLab without a browser: the messages of Jupyter's protocol, over the kernel's websocket.

import { randomUUID } from 'node:crypto';
import type { Api } from './api.ts';

/** How long a kernel may take for what tests ask of it, on a busy machine. */
const LIMIT = 60_000;

interface Message {
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: { text?: string; traceback?: string[]; execution_state?: string };
}

/** A kernel that runs in a session. */
export class Kernel {
  readonly #api: Api;
  readonly #origin: string;
  readonly #path: string;

  private constructor(api: Api, origin: string, path: string) {
    this.#api = api;
    this.#origin = origin;
    this.#path = path;
  }

  /** Starts one in this session. */
  static async start(api: Api, origin: string, session: string): Promise<Kernel> {
    const headers = await api.ofJupyter(session);
    const answer = await api.http.post(`/s/${session}/api/kernels`, { headers, data: { name: 'python3' } });
    if (answer.status() !== 201) throw new Error(`no kernel: ${answer.status()} ${await answer.text()}`);
    const { id } = (await answer.json()) as { id: string };
    return new Kernel(api, origin, `/s/${session}/api/kernels/${id}/channels`);
  }

  /** Runs code over a connection of its own, and gives what it wrote. */
  async run(code: string): Promise<string> {
    const asked = randomUUID();
    const headers = { cookie: await this.#api.cookie(), origin: this.#origin };
    // Node's own websocket takes headers, which browsers' does not: a second argument that its types do not know.
    const options = { headers } as unknown as string[];
    const socket = new WebSocket(`${this.#origin.replace(/^http/, 'ws')}${this.#path}`, options);
    try {
      return await new Promise((resolve, reject) => {
        let wrote = '';
        const late = setTimeout(() => reject(new Error(`no answer of the kernel within ${LIMIT} ms`)), LIMIT);
        const end = (how: () => void) => {
          clearTimeout(late);
          how();
        };
        socket.onopen = () => socket.send(execute(asked, code));
        socket.onerror = () => end(() => reject(new Error('the websocket of the kernel broke')));
        socket.onclose = () => end(() => reject(new Error('the websocket of the kernel was closed')));
        socket.onmessage = ({ data }) => {
          const { header, parent_header, content } = JSON.parse(String(data)) as Message;
          if (parent_header.msg_id !== asked) return;
          if (header.msg_type === 'stream') wrote += content.text ?? '';
          if (header.msg_type === 'error') end(() => reject(new Error(content.traceback?.join('\n'))));
          if (header.msg_type === 'status' && content.execution_state === 'idle') end(() => resolve(wrote));
        };
      });
    } finally {
      socket.onclose = null;
      socket.close();
    }
  }
}

/** Asks the shell channel to run code. */
function execute(id: string, code: string): string {
  return JSON.stringify({
    channel: 'shell',
    header: { msg_id: id, msg_type: 'execute_request', version: '5.3', username: '', session: id, date: '' },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
    buffers: [],
  });
}
