import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Session } from "../../api/types";
import { IdeMark } from "../../parts/marks";
import { Meter, Progress, Spark } from "../../parts/meters";
import { useNow } from "../../parts/now";
import { StateBadge } from "../../parts/StateBadge";
import { MoreActions, NextAction } from "../../sessions/actions";
import { cpusOf, memoryOf, size } from "../../words/numbers";
import { sentence, sinceWords } from "../../words/sentence";
import { absolute } from "../../words/time";
import css from "./SessionRow.module.css";

interface Props {
  session: Session;
  /** Whether rows are being chosen, and this one is. */
  choosing: boolean;
  chosen: boolean;
  choose: (id: string, chosen: boolean) => void;
}

/** One session: what it is, how it is in one sentence, what it uses, and the one next action at the right edge. */
export const SessionRow = memo(function SessionRow({ session, choosing, chosen, choose }: Props) {
  return (
    <li>
      <article className={css.row} aria-label={`${session.name}, ${session.word}`} data-chosen={chosen}>
        {choosing ? (
          <Checkbox
            className={css.check}
            size="md"
            checked={chosen}
            onChange={(event) => choose(session.id, event.currentTarget.checked)}
            aria-label={`Choose ${session.name}`}
          />
        ) : (
          <IdeMark ide={session.ide} />
        )}
        <div className={css.what}>
          <Link
            to="/sessions/$id"
            params={{ id: session.id }}
            className={`${css.name} cut`}
            title={session.name}
          >
            {session.name}
          </Link>
          <p className={`${css.meta} cut`} title={`${session.ide_name}, ${size(session)}`}>
            {session.ide_name} · {size(session)}
          </p>
        </div>
        <How session={session} />
        <div className={css.use}>
          <Use session={session} />
        </div>
        <div className={css.actions}>
          <NextAction session={session} />
        </div>
        <div className={css.more}>
          <MoreActions session={session} />
        </div>
      </article>
    </li>
  );
});

function How({ session }: { session: Session }) {
  const now = useNow(session.state === "Starting" ? "second" : "slow");
  const { text, warns } = sentence(session, now);
  const since = sinceWords(session, now);
  const { step } = session;
  return (
    <div className={css.how}>
      <div className="row">
        <StateBadge session={session} />
        {since && (
          <time className="small dim cut" dateTime={session.since} title={absolute(new Date(session.since))}>
            {since}
          </time>
        )}
      </div>
      <p className={css.sentence} data-warns={warns} title={text}>
        {text}
      </p>
      {step && (
        <Progress
          used={step.n - 1}
          limit={step.of}
          label={`Start of ${session.name}`}
          text={`Step ${step.n} of ${step.of}`}
        />
      )}
    </div>
  );
}

function Use({ session }: { session: Session }) {
  const { usage, state } = session;
  if (state === "Suspended") return <p className="small faint">Resume brings it back</p>;
  if (!usage) return null;
  const cpu = cpusOf(usage.cpus, session.cpus);
  const memory = memoryOf(usage.memory_mb, session.memory_mb);
  return (
    <div className={`${css.figures} num`}>
      <span>CPU</span>
      <Spark
        points={usage.cpu_history}
        max={session.cpus}
        height={18}
        label={`CPU in the last hour, now ${cpu}`}
      />
      <span className={css.value}>{cpu}</span>
      <span>Mem</span>
      <Meter
        used={usage.memory_mb}
        limit={session.memory_mb}
        label={`Memory of ${session.name}`}
        text={memory}
      />
      <span className={css.value}>{memory}</span>
    </div>
  );
}
