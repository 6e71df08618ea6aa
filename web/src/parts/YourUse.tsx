import type { Me } from "../api/types";
import { memory, memoryOf, short } from "../words/numbers";
import { Meter } from "./meters";
import css from "./YourUse.module.css";

interface Line {
  label: string;
  used: number;
  limit: number | null | undefined;
  text: string;
}

function lines({ use, limits }: Me): Line[] {
  const of = (used: string, limit: string | undefined) => (limit ? `${used} of ${limit}` : used);
  const memoryLimit = limits.memory_mb;
  const all: Line[] = [
    {
      label: "CPU",
      used: use.cpus,
      limit: limits.cpus,
      text: of(short(use.cpus), limits.cpus ? short(limits.cpus) : undefined),
    },
    {
      label: "Memory",
      used: use.memory_mb,
      limit: memoryLimit,
      text: memoryLimit
        ? memoryOf(use.memory_mb, memoryLimit).replace(".0 of", " of")
        : memory(use.memory_mb),
    },
  ];
  if (!limits.sessions) return all;
  const text = of(short(use.sessions), short(limits.sessions));
  return [...all, { label: "Sessions", used: use.sessions, limit: limits.sessions, text }];
}

/** What one's sessions hold, beside what one may have: always in view, so that no limit is a surprise. */
export function YourUse({ me }: { me: Me }) {
  return (
    <section className={css.use} aria-label="Your use">
      <p className="strong">Your use</p>
      {lines(me).map(({ label, used, limit, text }) => (
        <div key={label}>
          <div className={css.line}>
            <span className="dim">{label}</span>
            <span className="num">{text}</span>
          </div>
          {limit ? <Meter used={used} limit={limit} label={label} text={text} /> : null}
        </div>
      ))}
    </section>
  );
}
