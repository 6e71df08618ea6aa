/** Yes or no, and what decides each field. */
import { IconCircleX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { optionsQuery } from "../../api/queries";
import type { Decided, WhatIf, WhatIfQuestion } from "../../api/types";
import { Note, Panel } from "../../parts/Page";
import { Place } from "../../parts/Place";
import { memory } from "../../words/numbers";
import css from "./WhatIf.module.css";

export function Answer({ answer, question }: { answer: WhatIf; question: WhatIfQuestion }) {
  const { user, groups, refused, spec, sizes, rights } = answer;
  const where = groups.length > 0 ? `in ${groups.join(", ")}` : "in no group";
  const off = sizes.filter((one) => one.refused !== null);
  const names = useNames();
  const what = question.ide ? (names.ide(question.ide) ?? question.ide) : "a session";
  const named: Partial<Record<string, (id: string) => string | undefined>> = names;
  const fieldRow = (field: Decided): Row => ({
    id: field.name,
    name: called(field.name),
    says: named[field.name]?.(String(field.value)) ?? shown(field),
    from: field.from,
  });
  return (
    <>
      {refused === null ? (
        <Note kind="ok" fact="Yes.">
          {user} ({where}) may launch {what}.
        </Note>
      ) : (
        <Note kind="bad" fact="No.">
          {user} ({where}) would be refused: {refused}.
        </Note>
      )}
      {spec.length > 0 && (
        <Decisions
          title="What would run"
          note="and the rule behind each line"
          heads={["Field", "Value", "Decided by"]}
          rows={spec.map(fieldRow)}
        />
      )}
      {off.length > 0 && (
        <Decisions
          title="Sizes that would be refused"
          heads={["Size", "Why", "From"]}
          rows={off.map(({ id, refused: why, from }) => ({
            id,
            name: <Refused size={names.resource_profile(id) ?? id} />,
            says: why,
            from,
          }))}
        />
      )}
      {rights.length > 0 && (
        <Decisions
          title="What the files set"
          note="for this user"
          heads={["Field", "Value", "Decided by"]}
          rows={rights.map(fieldRow)}
        />
      )}
    </>
  );
}

interface Row {
  id: string;
  name: ReactNode;
  says: ReactNode;
  from: string;
}

/** What people call the IDEs and sizes, by the field that holds one. */
function useNames() {
  const { data } = useQuery(optionsQuery());
  const among =
    (list: { id: string; name: string }[] = []) =>
    (id: string) =>
      list.find((one) => one.id === id)?.name;
  return { ide: among(data?.ides), resource_profile: among(data?.sizes) };
}

function Refused({ size }: { size: string }) {
  return (
    <span className={css.refused}>
      <IconCircleX size={16} aria-hidden />
      {size}
    </span>
  );
}

/** What holds, and the line that says so. */
function Decisions(props: { title: string; note?: string; heads: [string, string, string]; rows: Row[] }) {
  const { title, note, heads, rows } = props;
  return (
    <Panel title={title} note={note} flush>
      <div className="table-scroll">
        <table className="table">
          <caption className="unseen">{title}</caption>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, name, says, from }) => (
              <tr key={id}>
                <td className={css.name}>{name}</td>
                <td data-label={heads[1]} className={css.says}>
                  {says}
                </td>
                <td data-label={heads[2]} className="text">
                  <Place at={from} />
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
