// The API, for what a test needs and is not about.

import { type APIRequestContext, type APIResponse, expect, request } from '@playwright/test';
import type { Person, Reached } from './server.ts';
import { until } from './until.ts';

/** A session, as far as tests look at it. */
export interface Session {
  id: string;
  name: string;
  ide: string;
  state: string;
  sentence: string;
  generation: number;
  url: string;
  cause: { code: string; text: string; who: string } | null;
}

/** The API as somebody who signed in. */
export class Api {
  readonly http: APIRequestContext;

  constructor(http: APIRequestContext) {
    this.http = http;
  }

  static async as(carrel: Reached, person: Person, headers: Record<string, string> = {}): Promise<Api> {
    const http = await request.newContext({ baseURL: carrel.url, extraHTTPHeaders: { origin: carrel.url, ...headers } });
    const answer = await http.post('/api/v1/sign-in', { data: { user: person.name, password: person.password } });
    expect(answer.status(), await answer.text()).toBe(204);
    return new Api(http);
  }

  /** What a browser of this person sends as `Cookie`. */
  async cookie(): Promise<string> {
    const { cookies } = await this.http.storageState();
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  async launch(ide: string, name: string): Promise<Session> {
    const answer = await this.http.post('/api/v1/sessions', { data: { ide, name } });
    expect(answer.status(), await answer.text()).toBe(202);
    return answer.json();
  }

  async session(id: string): Promise<Session> {
    const answer = await this.http.get(`/api/v1/sessions/${id}`);
    expect(answer.status(), await answer.text()).toBe(200);
    return answer.json();
  }

  async sessions(): Promise<Session[]> {
    return (await this.http.get('/api/v1/sessions')).json();
  }

  /** What happened to the sessions of this person, for whoever has to find out why a test failed. */
  async history(): Promise<unknown> {
    const of = async ({ id, name, state }: Session) => ({
      name,
      state,
      events: await (await this.http.get(`/api/v1/sessions/${id}/events`)).json(),
    });
    return Promise.all((await this.sessions()).map(of));
  }

  async suspend(id: string): Promise<void> {
    const answer = await this.http.post(`/api/v1/sessions/${id}/suspend`);
    expect(answer.status(), await answer.text()).toBe(202);
  }

  quit(id: string, force = false): Promise<APIResponse> {
    return this.http.delete(`/api/v1/sessions/${id}${force ? '?force=true' : ''}`);
  }

  /** Until a session is in one of these states. */
  async becomes(id: string, ...states: string[]): Promise<Session> {
    let last = '';
    return until(`the session is ${states.join(' or ')}`, 90_000, async () => {
      const session = await this.session(id);
      if (session.state === 'Failed' && !states.includes('Failed') && last !== session.state) {
        throw new Error(`the session failed: ${session.cause?.text}`);
      }
      last = session.state;
      return states.includes(session.state) && session;
    });
  }

  /** The headers by which Jupyter in a session takes what changes something: its own token against forged requests. */
  async ofJupyter(session: string): Promise<Record<string, string>> {
    await this.http.get(`/s/${session}/tree`);
    const { cookies } = await this.http.storageState();
    const token = cookies.find(({ name, path }) => name === '_xsrf' && path === `/s/${session}/`);
    return { 'x-xsrftoken': token?.value ?? '' };
  }

  /** Quits everything of this person. */
  async quitAll(): Promise<void> {
    const live = await this.sessions();
    await Promise.all(live.map(async (session) => {
      await this.quit(session.id, true);
      await this.becomes(session.id, 'Stopped');
    }));
  }
}
