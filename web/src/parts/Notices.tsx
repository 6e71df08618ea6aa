/**
 * At most one notice stands under a page's title: what failed, else that the page may be old, else what everybody is
 * told, else a warning.
 */
import { Button, CloseButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Problem, problemIn } from "../api/problem";
import { meQuery } from "../api/queries";
import { useLive } from "./live";
import css from "./Notices.module.css";
import { Note } from "./Page";

export function Notices() {
  const { connected, failure, dismiss } = useLive();
  const { data: me } = useQuery(meQuery);
  const [notice] = me?.notices ?? [];
  const warning = me?.warnings[0];
  if (failure) {
    return (
      <div className={css.notice}>
        <Note kind="bad" fact={failure.what} end={<CloseButton aria-label="Dismiss" onClick={dismiss} />}>
          <ProblemText problem={failure.problem} />
        </Note>
      </div>
    );
  }
  if (!connected) {
    return (
      <div className={css.notice}>
        <Note kind="warn" fact="Not connected, trying again.">
          What is shown may be old. Sessions go on.
        </Note>
      </div>
    );
  }
  if (notice) {
    return (
      <div className={css.notice}>
        <Note kind="warn" fact="From your administrators:">
          <span className={css.told}>{me?.notices.map((one) => one.message).join("\n")}</span>
        </Note>
      </div>
    );
  }
  if (!warning) return null;
  return (
    <div className={css.notice}>
      <Note kind="warn" fact="For administrators:">
        {warning.text}
      </Note>
    </div>
  );
}

/** The words of a problem, then its code. */
export function ProblemText({ problem }: { problem: Problem }) {
  return (
    <>
      {problem.detail ?? problem.title} <span className={css.code}>{problem.code}</span>
      {problem.requestId && problem.status >= 500 && <span className={css.code}> {problem.requestId}</span>}
    </>
  );
}

/** In place of what could not be loaded. */
export function LoadFailed({ what, error, again }: { what: string; error: unknown; again: () => void }) {
  return (
    <Note
      kind="bad"
      fact={what}
      end={
        <Button size="xs" variant="default" onClick={again}>
          Load again
        </Button>
      }
    >
      <ProblemText problem={problemIn(error)} />
    </Note>
  );
}
