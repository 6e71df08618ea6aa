/** Problems (RFC 9457) as the pages use them. */

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail?: string;
  requestId?: string;
}

export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    options?: ErrorOptions,
  ) {
    super(problem.detail ?? problem.title, options);
    this.name = "ProblemError";
  }
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

/** Reads a problem; whatever else came (a gateway's page) becomes one too. */
export function problemOf(body: unknown, response: { status: number }): Problem {
  const from = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  return {
    status: response.status,
    code: text(from.code) ?? `http-${response.status}`,
    title: text(from.title) ?? `The server answered with status ${response.status}.`,
    detail: text(from.detail),
    requestId: text(from.request_id),
  };
}

/** The problem in an error of a query or an action. */
export function problemIn(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, code: "page-failed", title: "This page failed.", detail };
}

export type Field =
  | "ide"
  | "name"
  | "folder"
  | "size"
  | "bounds"
  | "env"
  | "r"
  | "image"
  | "gpus"
  | "placement";

const fields: Record<string, Field> = {
  "bad-name": "name",
  "bad-folder": "folder",
  "no-such-size": "size",
  "size-not-allowed": "size",
  "no-custom-size": "size",
  "out-of-bounds": "bounds",
  "bad-env": "env",
  "r-not-offered": "r",
  "image-not-offered": "image",
  "bad-image": "image",
  "no-image": "image",
  "too-many-gpus": "gpus",
  "placement-not-offered": "placement",
  "bad-placement": "placement",
  "no-such-ide": "ide",
};

/** Which field of a form a problem is about, by its code; `undefined` for the form as a whole. */
export const fieldOf = (problem: Problem): Field | undefined => fields[problem.code];
