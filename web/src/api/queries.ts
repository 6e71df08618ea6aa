/** What the pages ask for, and under which key it is kept. The event stream writes to the same keys. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { Arrivals } from "./cache";
import { answered, client } from "./client";
import type { Session, WhatIfQuestion } from "./types";

export type UsageWindow = "1h" | "24h" | "7d";

export const keys = {
  me: ["me"],
  live: ["sessions", "live"],
  stopped: ["sessions", "stopped"],
  session: (id: string) => ["session", id],
  events: (id: string) => ["session", id, "events"],
  signIns: ["sign-ins"],
  tokens: ["tokens"],
} as const;

/** News that came while the live list was on its way. */
export const arrivals = new Arrivals();

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: () => answered(client.GET("/api/v1/me")),
});

export const liveQuery = queryOptions({
  queryKey: keys.live,
  queryFn: () => arrivals.during(() => answered(client.GET("/api/v1/sessions"))),
});

export const stoppedQuery = queryOptions({
  queryKey: keys.stopped,
  queryFn: () => answered(client.GET("/api/v1/sessions", { params: { query: { state: "stopped" } } })),
});

const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: keys.session(id),
    queryFn: async () =>
      arrivals.newest(await answered(client.GET("/api/v1/sessions/{id}", { params: { path: { id } } }))),
  });

/** One session: at once, where the list has it. */
export function useSession(id: string) {
  const queries = useQueryClient();
  return useQuery({
    ...sessionQuery(id),
    initialData: () => queries.getQueryData<Session[]>(keys.live)?.find((one) => one.id === id),
  });
}

export const eventsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.events(id),
    queryFn: () => answered(client.GET("/api/v1/sessions/{id}/events", { params: { path: { id } } })),
  });

export const usageQuery = (id: string, window: UsageWindow) =>
  queryOptions({
    queryKey: ["session", id, "usage", window],
    queryFn: () =>
      answered(client.GET("/api/v1/sessions/{id}/usage", { params: { path: { id }, query: { window } } })),
    // The stream tells the newest figure; the plot needs no more than this.
    refetchInterval: window === "1h" ? 30_000 : 300_000,
  });

export const optionsQuery = (ide?: string) =>
  queryOptions({
    queryKey: ["launch-options", ide ?? ""],
    queryFn: () => answered(client.GET("/api/v1/launch-options", { params: { query: { ide } } })),
  });

export const signInsQuery = queryOptions({
  queryKey: keys.signIns,
  queryFn: () => answered(client.GET("/api/v1/sign-ins")),
});

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: () => answered(client.GET("/api/v1/tokens")),
});

/** With `all` also what no file sets. */
export const configurationQuery = (all: boolean) =>
  queryOptions({
    queryKey: ["configuration", all],
    queryFn: () => answered(client.GET("/api/v1/admin/configuration", { params: { query: { all } } })),
  });

/** What somebody would get; asked for once there is somebody. */
export const whatIfQuery = (question: WhatIfQuestion) =>
  queryOptions({
    queryKey: ["what-if", question],
    queryFn: () => answered(client.GET("/api/v1/admin/what-if", { params: { query: question } })),
    enabled: question.user !== "",
  });
