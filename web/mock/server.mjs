// A stand-in for `carrel serve` that tells made-up things: for work on the pages and for pictures of them.
// For development only. Usage: node mock/server.mjs [scenario] [port]
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as data from "./data.mjs";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const scenarios = {
  usual: { sessions: data.sessions },
  empty: { sessions: () => [], stopped: () => [], tokens: () => [] },
  one: { sessions: () => [data.active()] },
  fifty: { sessions: () => data.many(50) },
  huge: { sessions: () => data.many(5000) },
  silent: { sessions: data.sessions, hold: /^\/api\/v1\/(sessions|launch-options)/ },
  broken: { sessions: data.sessions, fail: /^\/api\/v1\/(sessions|launch-options|sign-ins|tokens)/ },
  cut: { sessions: data.sessions, noStream: true },
  warned: {
    sessions: data.sessions,
    warnings: [
      { code: "plain-http", text: "Carrel is reached over plain HTTP: passwords can be read on the way." },
    ],
  },
  pods: { sessions: data.sessions, options: data.pods },
  limited: { sessions: data.sessions, options: data.limited },
  signedOut: { sessions: data.sessions, signedOut: true },
};

/** Starts a mock; resolves with its address and a way to tell news. */
export function startMock(name = "usual", port = 0) {
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`no scenario is called ${name}: ${Object.keys(scenarios).join(", ")}`);
  const mock = {
    scenario,
    sessions: scenario.sessions(),
    stopped: (scenario.stopped ?? data.stopped)(),
    tokens: (scenario.tokens ?? data.tokens)(),
    streams: new Set(),
    change: 1,
  };
  mock.tell = (news) => {
    const known = mock.sessions.findIndex((one) => one.id === news.id);
    if (news.state === "Stopped") mock.sessions = mock.sessions.filter((one) => one.id !== news.id);
    else if (known >= 0) mock.sessions[known] = news;
    else mock.sessions.unshift(news);
    for (const stream of mock.streams) {
      stream.write(`id: ${++mock.change}\nevent: session\ndata: ${JSON.stringify(news)}\n\n`);
    }
  };
  const server = createServer((request, response) => {
    answer(mock, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        tell: mock.tell,
        /** Cuts the streams and takes no new ones, or takes them again. */
        refuse: (on) => {
          mock.refuses = on;
          for (const stream of mock.streams) stream.destroy();
        },
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

const json = (response, status, body) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const problem = (response, status, code, detail) =>
  response
    .writeHead(status, { "content-type": "application/problem+json" })
    .end(
      JSON.stringify({ type: "about:blank", title: "Problem", status, code, detail, request_id: "r-7f3a" }),
    );

async function answer(mock, request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://mock");
  if (!pathname.startsWith("/api/")) return page(pathname, response);
  const { scenario } = mock;
  if (scenario.signedOut) return problem(response, 401, "not-signed-in", "Sign in first.");
  if (scenario.hold?.test(pathname)) return;
  if (scenario.fail?.test(pathname)) {
    return problem(
      response,
      500,
      "internal",
      "The server made a mistake. Its log says more under the id of this request.",
    );
  }
  if (pathname === "/api/v1/events") return stream(mock, response);
  const body = await bodyOf(request);
  const [, , , what, id, act] = pathname.split("/");
  const key = `${request.method} ${what}${id ? "/{id}" : ""}${act ? `/${act}` : ""}`;
  const handler = handlers[key];
  if (!handler) return problem(response, 404, "no-such-page", "There is nothing at this address.");
  return handler({ mock, response, id, body, query: searchParams });
}

async function bodyOf(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text ? JSON.parse(text) : undefined;
}

function stream(mock, response) {
  if (mock.scenario.noStream || mock.refuses) return response.destroy();
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(": hello\n\n");
  mock.streams.add(response);
  response.on("close", () => mock.streams.delete(response));
  return undefined;
}

const find = (mock, id) => [...mock.sessions, ...mock.stopped].find((one) => one.id === id);

/** Answers with the session after a change, and tells it. */
const changed =
  (change) =>
  ({ mock, response, id, body, query }) => {
    const before = find(mock, id);
    if (!before)
      return problem(response, 404, "no-such-session", "There is no such session, or it is not yours.");
    const after = change(before, body, query);
    if (after.code) return problem(response, after.status, after.code, after.detail);
    mock.tell(after);
    return json(response, 202, after);
  };

const again = (before, state, over) =>
  data.session(before.id, before.name, before.ide, state, {
    cpus: before.cpus,
    memory_mb: before.memory_mb,
    resource_profile: before.resource_profile,
    since: data.ago(0),
    ...over,
  });

const handlers = {
  "GET me": ({ mock, response }) =>
    json(response, 200, { ...data.me(), warnings: mock.scenario.warnings ?? [] }),
  "GET sessions": ({ mock, response, query }) =>
    json(response, 200, query.get("state") === "stopped" ? mock.stopped : mock.sessions),
  "GET sessions/{id}": ({ mock, response, id }) => {
    const one = find(mock, id);
    return one
      ? json(response, 200, one)
      : problem(response, 404, "no-such-session", "There is no such session, or it is not yours.");
  },
  "POST sessions": ({ mock, response, body }) => {
    if (body.name === "bad\u202ename" || body.name === "bad") {
      return problem(response, 422, "bad-name", "The name may not hold the invisible character U+202E.");
    }
    if (body.name === "full")
      return problem(response, 409, "too-many-sessions", "You have 5 sessions, and 5 are allowed.");
    const made = data.starting("new1", { name: body.name ?? "analysis-4", ide: body.ide });
    mock.tell(made);
    return json(response, 202, made);
  },
  "PATCH sessions/{id}": changed((before, body) =>
    body.name === "bad"
      ? { status: 422, code: "bad-name", detail: "The name is too long: 70 characters, at most 64." }
      : { ...before, name: body.name },
  ),
  "DELETE sessions/{id}": changed((before) =>
    before.may.open ? again(before, "Stopping") : again(before, "Stopped"),
  ),
  "POST sessions/{id}/suspend": changed((before) =>
    before.name === "course-week-7"
      ? { status: 409, code: "not-possible-now", detail: "It is being stopped already." }
      : again(before, "Suspending"),
  ),
  "POST sessions/{id}/resume": changed((before) => again(before, "Queued", { sentence: "Accepted." })),
  "POST sessions/{id}/keep": changed((before, body) => ({
    ...before,
    idle: { ...before.idle, keep_until: body.until },
  })),
  "GET sessions/{id}/events": ({ response }) => json(response, 200, data.events()),
  "GET sessions/{id}/usage": ({ response, query }) => json(response, 200, data.measured(query.get("window"))),
  "GET sessions/{id}/logs": ({ response }) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write(data.log);
    response.end();
  },
  "GET launch-options": ({ mock, response }) =>
    json(response, 200, (mock.scenario.options ?? data.options)()),
  "GET admin/{id}": ({ response, id, query }) =>
    json(
      response,
      200,
      id === "what-if" ? data.whatIf(query.get("user"), query.get("resource_profile")) : data.configuration(),
    ),
  "POST admin/{id}/reload": ({ response }) =>
    json(response, 200, { applied: true, changes: [], diagnostics: [] }),
  "GET sign-ins": ({ response }) => json(response, 200, data.signIns()),
  "DELETE sign-ins": ({ response }) => response.writeHead(204).end(),
  "DELETE sign-ins/{id}": ({ response }) => response.writeHead(204).end(),
  "POST sign-out": ({ response }) => response.writeHead(204).end(),
  "GET tokens": ({ mock, response }) => json(response, 200, mock.tokens),
  "POST tokens": ({ mock, response, body }) => {
    const made = { id: "t9", ...body, created_at: data.ago(0), expires_at: null, last_used_at: null };
    mock.tokens.unshift(made);
    return json(response, 201, {
      ...made,
      secret: "carrel_9f4c1d2e8b7a6053c4d1e2f3a4b5c6d7e8f90a1b2c3d4e5f",
    });
  },
  "DELETE tokens/{id}": ({ mock, response, id }) => {
    mock.tokens = mock.tokens.filter((token) => token.id !== id);
    response.writeHead(204).end();
  },
};

async function page(pathname, response) {
  if (pathname.startsWith("/s/")) {
    return response.writeHead(200, { "content-type": "text/html" }).end("<title>IDE</title><h1>The IDE</h1>");
  }
  if (pathname === "/sign-in" || pathname === "/signed-out") {
    return response
      .writeHead(200, { "content-type": "text/html" })
      .end("<title>Sign in</title><h1>Sign in</h1>");
  }
  const file = join(dist, pathname);
  const there = file.startsWith(dist) && (await stat(file).catch(() => undefined))?.isFile();
  const shown = there ? file : join(dist, "index.html");
  response.writeHead(200, {
    "content-type": types[extname(shown)] ?? "application/octet-stream",
    // As strict as the real server's: what breaks under it is seen here.
    "content-security-policy":
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
  });
  if (there) return createReadStream(shown).pipe(response);
  // As the real server does: addresses of the built files begin at the root, however deep the page is.
  return response.end((await readFile(shown, "utf8")).replaceAll('="./', '="/'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock(process.argv[2], Number(process.argv[3] ?? 5180));
  console.log(`The mock of Carrel listens on ${mock.url}`);
}
