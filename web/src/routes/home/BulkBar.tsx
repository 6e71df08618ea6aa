/** Acts on several sessions at once. Each that cannot do it is left out and said so in the count on the button. */
import { Button, CloseButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Deed, perform } from "../../api/deeds";
import { putSession } from "../../api/events";
import type { Session } from "../../api/types";
import { ForceQuitDialog } from "../../parts/dialogs";
import { useLive } from "../../parts/live";
import { toast } from "../../parts/toast";
import css from "./BulkBar.module.css";

type BulkVerb = "suspend" | "quit" | "force-quit";

const past: Record<BulkVerb, string> = {
  suspend: "being suspended",
  quit: "being ended",
  "force-quit": "being killed",
};

const able = (session: Session, verb: BulkVerb) => session.may[verb === "force-quit" ? "force_quit" : verb];

const some = (count: number) => (count === 1 ? "1 session" : `${count} sessions`);

function useBulk(close: () => void) {
  const queries = useQueryClient();
  const live = useLive();
  return useMutation({
    mutationFn: async ({ sessions, verb }: { sessions: Session[]; verb: BulkVerb }) => {
      const deed: Deed = { verb };
      const results = await Promise.allSettled(sessions.map((session) => perform(session.id, deed)));
      for (const result of results) if (result.status === "fulfilled") putSession(queries, result.value);
      return results;
    },
    onSuccess: (results, { sessions, verb }) => {
      const failed = results.findIndex((result) => result.status === "rejected");
      const done = results.filter((result) => result.status === "fulfilled").length;
      if (done > 0) {
        const words = `${some(done)} ${done === 1 ? "is" : "are"} ${past[verb]}`;
        toast(words);
        live.announce(words);
      }
      const reason = results[failed];
      if (reason?.status === "rejected") {
        live.fail(
          `${sessions[failed]?.name} and ${results.length - done - 1} others were left as they are.`.replace(
            " and 0 others were left as they are",
            " was left as it is",
          ),
          reason.reason,
        );
      } else {
        close();
      }
    },
  });
}

export function BulkBar(props: { sessions: Session[]; chooseAll: () => void; close: () => void }) {
  const { sessions, chooseAll, close } = props;
  const [asking, setAsking] = useState(false);
  const bulk = useBulk(close);
  const run = (verb: BulkVerb) =>
    bulk.mutate({ verb, sessions: sessions.filter((session) => able(session, verb)) });
  const button = (verb: BulkVerb, label: string, act: () => void) => {
    const count = sessions.filter((session) => able(session, verb)).length;
    if (count === 0) return null;
    return (
      <Button
        size="xs"
        variant="default"
        c={verb === "force-quit" ? "var(--st-fail)" : undefined}
        loading={bulk.isPending && bulk.variables.verb === verb}
        onClick={act}
      >
        {count === sessions.length
          ? label
          : `${label.replace("…", "")} ${count} of them${label.endsWith("…") ? "…" : ""}`}
      </Button>
    );
  };
  return (
    <section className={css.bar} aria-label="What to do with the chosen">
      <span className="num">
        {sessions.length === 0 ? "Choose sessions above" : `${sessions.length} chosen`}
      </span>
      <Button size="xs" variant="default" onClick={chooseAll}>
        Choose all
      </Button>
      {button("suspend", "Suspend", () => run("suspend"))}
      {button("quit", "Quit", () => run("quit"))}
      {button("force-quit", "Force Quit…", () => setAsking(true))}
      <CloseButton className={css.close} aria-label="Stop choosing" onClick={close} />
      {asking && (
        <ForceQuitDialog
          names={sessions.filter((session) => able(session, "force-quit")).map((session) => session.name)}
          confirm={() => run("force-quit")}
          close={() => setAsking(false)}
        />
      )}
    </section>
  );
}
