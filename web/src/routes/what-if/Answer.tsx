/** Yes or no, and what decides each field. */
import { IconCircleX } from "@tabler/icons-react";
import type { Decided, WhatIf, WhatIfQuestion } from "../../api/types";
import { Note, Panel } from "../../parts/Page";
import { memory } from "../../words/numbers";
import css from "./WhatIf.module.css";

export function Answer({ answer, question }: { answer: WhatIf; question: WhatIfQuestion }) {
  const { user, groups, refused, spec, sizes, rights } = answer;
  const where = groups.length > 0 ? `in ${groups.join(", ")}` : "in no group";
  const off = sizes.filter((one) => one.refused !== null);
  return (
    <>
      {refused === null ? (
        <Note kind="ok" fact="Yes.">
          {user} ({where}) may launch {question.ide ?? "a session"}.
        </Note>
      ) : (
        <Note kind="bad" fact="No.">
          {user} ({where}) would be refused: {refused}.
        </Note>
      )}
      {spec.length > 0 && (
        <Fields
          title="What would run"
          note="and the rule behind each line"
          caption="The session"
          fields={spec}
        />
      )}
      {off.length > 0 && (
        <Panel title="Sizes that would be refused" flush>
          <div className="table-scroll">
            <table className="table">
              <caption className="unseen">Sizes that would be refused</caption>
              <thead>
                <tr>
                  <th scope="col">Size</th>
                  <th scope="col">Why</th>
                  <th scope="col">From</th>
                </tr>
              </thead>
              <tbody>
                {off.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <span className={css.refused}>
                        <IconCircleX size={16} aria-hidden />
                        {one.id}
                      </span>
                    </td>
                    <td data-label="Why">{one.refused}</td>
                    <td data-label="From" className="text">
                      <span className={css.place}>{one.from}</span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
      {rights.length > 0 && (
        <Fields title="What the files set" note="for this user" caption="Rules that hold" fields={rights} />
      )}
    </>
  );
}

function Fields(props: { title: string; note: string; caption: string; fields: Decided[] }) {
  return (
    <Panel title={props.title} note={props.note} flush>
      <div className="table-scroll">
        <table className="table">
          <caption className="unseen">{props.caption}</caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">Decided by</th>
            </tr>
          </thead>
          <tbody>
            {props.fields.map((field) => (
              <tr key={field.name}>
                <td className={css.name}>{called(field.name)}</td>
                <td data-label="Value">{shown(field)}</td>
                <td data-label="Decided by" className="text">
                  <span className={css.place}>{field.from}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** What people call the fields of a session. */
const words: Record<string, string> = {
  cluster: "Cluster",
  ide: "IDE",
  resource_profile: "Size",
  cpus: "CPU",
  memory_mb: "Memory",
  cpu_request: "CPU reserved",
  memory_request_mb: "Memory reserved",
  image: "Image",
  "gpus.nvidia": "NVIDIA GPUs",
  "gpus.amd": "AMD GPUs",
  idle_after_s: "Called Idle after",
  ends_after_s: "Without use it ends after",
  idle_action: "It is then",
  session_limit: "Sessions at once",
  uid: "User id",
  gid: "Group id",
  home: "Home folder",
};

/** A label of the node's is `placement.pool`. */
const called = (name: string) => words[name] ?? name.replace(/^placement\./, "Node: ");

const actions: Record<string, string> = { suspend: "Suspended", quit: "Quit" };

/** A value in people's units. */
function shown({ name, value }: Decided): string {
  if (value === null || value === undefined) {
    return { resource_profile: "Custom", session_limit: "No limit", ends_after_s: "Never" }[name] ?? "None";
  }
  if (name.endsWith("_s") && typeof value === "number") return span(value);
  if (name.endsWith("memory_mb") || name === "memory_request_mb") return memory(Number(value));
  if (name === "idle_action") return actions[String(value)] ?? String(value);
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** `2 h`, `90 min`, `45 s`. */
function span(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
