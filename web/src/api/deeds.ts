/** What a person can do with a session, as calls. */
import { answered, client } from "./client";
import type { Launch, NewSize, Session } from "./types";

export type Deed =
  | { verb: "suspend" }
  | { verb: "resume"; size?: NewSize }
  | { verb: "quit" }
  | { verb: "force-quit" }
  | { verb: "keep"; until: string | null }
  | { verb: "rename"; name: string };

export function perform(id: string, deed: Deed): Promise<Session> {
  const params = { path: { id } };
  switch (deed.verb) {
    case "suspend":
      return answered(client.POST("/api/v1/sessions/{id}/suspend", { params }));
    case "resume":
      return answered(client.POST("/api/v1/sessions/{id}/resume", { params, body: deed.size }));
    case "quit":
      return answered(client.DELETE("/api/v1/sessions/{id}", { params }));
    case "force-quit":
      return answered(
        client.DELETE("/api/v1/sessions/{id}", { params: { ...params, query: { force: true } } }),
      );
    case "keep":
      return answered(client.POST("/api/v1/sessions/{id}/keep", { params, body: { until: deed.until } }));
    case "rename":
      return answered(client.PATCH("/api/v1/sessions/{id}", { params, body: { name: deed.name } }));
  }
}

export function launch(request: Launch): Promise<Session> {
  return answered(client.POST("/api/v1/sessions", { body: request }));
}
