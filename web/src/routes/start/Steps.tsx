import { IconCheck, IconLoader2 } from "@tabler/icons-react";
import type { Session } from "../../api/types";
import { Progress } from "../../parts/meters";
import { useNow } from "../../parts/now";
import { Note } from "../../parts/Page";
import { askedAt, type StepLine, stepLines, whySlow } from "../../sessions/steps";
import { coarse, duration } from "../../words/time";
import css from "./Steps.module.css";

export function Steps({ session }: { session: Session }) {
  const now = useNow("second");
  const lines = stepLines(session, now);
  const done = lines.filter((line) => line.kind === "done").length;
  const current = lines.find((line) => line.kind === "now");
  const why = whySlow(session, lines, now);
  return (
    <section className={css.panel} aria-label="Start">
      <div className={css.head}>
        <div className={css.headline}>
          <h2>{headline(session, current, lines.length)}</h2>
          {current && (
            <span className="small dim num">{coarse(now.getTime() - askedAt(session).getTime())} so far</span>
          )}
        </div>
        <Progress
          used={done}
          limit={lines.length}
          label={`Start of ${session.name}`}
          text={`${done} of ${lines.length} steps done`}
        />
      </div>
      <ol className={css.steps}>
        {lines.map((line) => (
          <StepItem key={line.number} line={line} ide={session.ide_name} />
        ))}
      </ol>
      {why && (
        <div className={css.why}>
          <Note kind="info" fact="Why does it take longer?">
            {why}
          </Note>
        </div>
      )}
    </section>
  );
}

function headline(session: Session, current: StepLine | undefined, of: number): string {
  if (session.state === "Queued") return "Waits for its turn";
  if (!current) return "Ready";
  return `Step ${current.number} of ${of}: ${stepText(current, session.ide_name)}`;
}

/** The last step is said with the name of what is waited for. */
const stepText = (line: StepLine, ide: string) =>
  line.text === "IDE answers" ? `${ide} answers` : line.text;

function StepItem({ line, ide }: { line: StepLine; ide: string }) {
  return (
    <li className={css.step} data-kind={line.kind} aria-current={line.kind === "now" ? "step" : undefined}>
      <span className={css.dot}>
        {line.kind === "done" ? (
          <IconCheck size={15} stroke={2.6} aria-label="Done" />
        ) : line.kind === "now" ? (
          <IconLoader2 size={15} className="turning" aria-label="Now" />
        ) : (
          line.number
        )}
      </span>
      <div>
        <p className={css.name}>{stepText(line, ide)}</p>
        {line.detail && <p className={css.detail}>{line.detail}</p>}
        {line.percent !== undefined && (
          <div className={css.progress}>
            <Progress used={line.percent} limit={100} label={line.text} text={`${line.percent} %`} />
          </div>
        )}
      </div>
      {line.took !== undefined && (
        <span className="small dim num">{line.kind === "now" ? coarse(line.took) : duration(line.took)}</span>
      )}
    </li>
  );
}
