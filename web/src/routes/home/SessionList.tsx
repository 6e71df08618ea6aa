/** The live list: filter, order, groups, choosing several. What is chosen to be shown stands in the address. */
import { Button } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { Session } from "../../api/types";
import { type Choice, counts, runs } from "../../sessions/list";
import { useOrder } from "../../sessions/useOrder";
import { BulkBar } from "./BulkBar";
import { ListTools } from "./ListTools";
import css from "./SessionList.module.css";
import { SessionRow } from "./SessionRow";

/** Under this many rows a filter is noise; over it the rest is found by filtering. */
const filterFrom = 4;
const groupFrom = 12;
const shownFirst = 100;

function useChoice(): [Choice, (change: Partial<Choice>) => void] {
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const choice = useMemo<Choice>(
    () => ({
      show: search.show === "running" || search.show === "not-running" ? search.show : "all",
      text: search.q ?? "",
      sort: search.sort ?? "state",
    }),
    [search.show, search.q, search.sort],
  );
  const change = (next: Partial<Choice>) => {
    const { show, text, sort } = { ...choice, ...next };
    void navigate({
      // What else stands there stays: the dialog may have been opened since the last letter.
      search: (old) => ({
        ...old,
        show: show === "all" ? undefined : show,
        q: text || undefined,
        sort: sort === "state" ? undefined : sort,
      }),
      replace: true,
      resetScroll: false,
    });
  };
  return [choice, change];
}

export function SessionList({ sessions }: { sessions: Session[] }) {
  const [choice, change] = useChoice();
  const { rows, waiting, showWaiting } = useOrder(sessions, choice);
  const [most, setMost] = useState(shownFirst);
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const choose = useCallback((id: string, add: boolean) => {
    setChosen((before) => {
      const after = new Set(before);
      if (add) after.add(id);
      else after.delete(id);
      return after;
    });
  }, []);
  const shown = rows.slice(0, most);
  const chosenSessions = sessions.filter((session) => chosen?.has(session.id));
  const row = (session: Session) => (
    <SessionRow
      key={session.id}
      session={session}
      choosing={chosen !== undefined}
      chosen={chosen?.has(session.id) ?? false}
      choose={choose}
    />
  );
  return (
    <>
      {sessions.length > 1 && (
        <ListTools
          choice={choice}
          change={change}
          counts={counts(sessions)}
          filters={sessions.length >= filterFrom || choice.text !== "" || choice.show !== "all"}
          choosing={chosen !== undefined}
          setChoosing={(on) => setChosen(on ? new Set() : undefined)}
        />
      )}
      {waiting > 0 && (
        <p className={css.waiting}>
          <Button
            size="xs"
            variant="light"
            onClick={() => {
              showWaiting();
              window.scrollTo({ top: 0 });
            }}
          >
            {waiting} new
          </Button>
        </p>
      )}
      <section className={css.panel} aria-label="Your sessions">
        {rows.length === 0 ? (
          <div className={css.nothing}>
            <p>Nothing matches.</p>
            <Button variant="default" size="xs" onClick={() => change({ show: "all", text: "" })}>
              Clear
            </Button>
          </div>
        ) : sessions.length >= groupFrom && choice.show === "all" && choice.sort === "state" ? (
          <Groups rows={shown} row={row} />
        ) : (
          <ul className={css.list}>{shown.map(row)}</ul>
        )}
      </section>
      {rows.length > most && (
        <p className={css.more}>
          <span>
            {most} of {rows.length.toLocaleString("en")} are shown. Filter to find others.
          </span>
          <Button variant="default" size="xs" onClick={() => setMost(most + shownFirst)}>
            Show {Math.min(shownFirst, rows.length - most)} more
          </Button>
        </p>
      )}
      {chosen && (
        <BulkBar
          sessions={chosenSessions}
          chooseAll={() => setChosen(new Set(rows.map((session) => session.id)))}
          close={() => setChosen(undefined)}
        />
      )}
    </>
  );
}

function Groups({ rows, row }: { rows: Session[]; row: (session: Session) => React.ReactNode }) {
  const groups = [
    ["Running", rows.filter(runs)],
    ["Not running", rows.filter((session) => !runs(session))],
  ] as const;
  return groups.map(([title, members]) =>
    members.length === 0 ? null : (
      <div key={title} className={css.group}>
        <h2>{title}</h2>
        <ul className={css.list} aria-label={title}>
          {members.map(row)}
        </ul>
      </div>
    ),
  );
}
