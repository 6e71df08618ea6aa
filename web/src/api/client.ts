/** The one way to the API: typed paths, problems as errors, and back to the sign-in page when nobody is signed in. */
import createClient, { type Middleware } from "openapi-fetch";
import { type Problem, ProblemError, problemOf } from "./problem";
import { root } from "./root";
import type { paths } from "./schema";

/** Leaves for the sign-in page, which comes back here afterwards. */
export function toSignIn(): void {
  const here = (location.pathname.slice(root.length) || "/") + location.search;
  location.assign(`${root}/sign-in?next=${encodeURIComponent(here)}`);
}

const signedOut: Middleware = {
  onResponse({ response }) {
    if (response.status === 401) toSignIn();
  },
};

export const client = createClient<paths>({ baseUrl: root });
client.use(signedOut);

/** The data of an answer, or the problem as an error. */
export async function answered<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<NonNullable<T>> {
  const { data, error, response } = await reached(call);
  if (error !== undefined || data === undefined || data === null)
    throw new ProblemError(problemOf(error, response));
  return data;
}

/** The same for answers without a body. */
export async function done(call: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await reached(call);
  if (!response.ok) throw new ProblemError(problemOf(error, response));
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new ProblemError(unreachable, { cause });
  }
}

const unreachable: Problem = {
  status: 0,
  code: "not-reached",
  title: "The server cannot be reached.",
  detail: "The server cannot be reached. Sessions that run go on. Check the network, then try again.",
};
