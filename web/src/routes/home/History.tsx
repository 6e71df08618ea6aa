/** Sessions that are over: what became of them, and another like it. */
import { Button, TextInput } from "@mantine/core";
import { IconRefresh, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { stoppedQuery } from "../../api/queries";
import type { Session } from "../../api/types";
import { useLive } from "../../parts/live";
import { IdeMark } from "../../parts/marks";
import { LoadFailed, Notices } from "../../parts/Notices";
import { PageHead } from "../../parts/Page";
import { When } from "../../parts/When";
import { matches } from "../../sessions/list";
import { useOpenWhenReady } from "../../sessions/preferences";
import { useLaunch } from "../../sessions/useLaunch";
import { size } from "../../words/numbers";
import { moment } from "../../words/time";
import css from "./History.module.css";
import { ListSkeleton } from "./ListSkeleton";

const page = 50;

export function History() {
  const stopped = useQuery({ ...stoppedQuery, staleTime: 0 });
  const { q } = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const [most, setMost] = useState(page);
  const all = stopped.data ?? [];
  const rows = all
    .filter((session) => matches(session, q ?? ""))
    .sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
  return (
    <>
      <PageHead
        title="History"
        sub="Sessions that were quit, for 30 days. Their files are where you saved them."
        keep
      >
        <Button renderRoot={(root) => <Link {...root} to="/" search={{}} />} variant="default">
          Sessions
        </Button>
      </PageHead>
      <Notices />
      {all.length > 3 && (
        <TextInput
          className={css.filter}
          size="xs"
          type="search"
          data-filter
          leftSection={<IconSearch size={15} />}
          placeholder="Name or IDE"
          aria-label="Filter sessions"
          value={q ?? ""}
          onChange={(event) => {
            const text = event.currentTarget.value || undefined;
            void navigate({ search: { show: "history", q: text }, replace: true });
          }}
        />
      )}
      {stopped.error && !stopped.data ? (
        <LoadFailed
          what="The history could not be loaded."
          error={stopped.error}
          again={() => void stopped.refetch()}
        />
      ) : !stopped.data ? (
        <ListSkeleton />
      ) : rows.length === 0 ? (
        <p className={css.nothing}>{all.length ? "Nothing matches." : "Nothing yet."}</p>
      ) : (
        <Table rows={rows.slice(0, most)} />
      )}
      {rows.length > most && (
        <p className={css.more}>
          <Button variant="default" size="xs" onClick={() => setMost(most + page)}>
            Show {Math.min(page, rows.length - most)} more
          </Button>
        </p>
      )}
    </>
  );
}

function Table({ rows }: { rows: Session[] }) {
  return (
    <section className={css.panel} aria-label="Ended sessions">
      <div className="table-scroll">
        <table className="table">
          <caption className="unseen">Ended sessions, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Size</th>
              <th scope="col">Ended</th>
              <th scope="col">Why</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((session) => (
              <Row key={session.id} session={session} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ session }: { session: Session }) {
  const [open] = useOpenWhenReady();
  const launch = useLaunch(open);
  const live = useLive();
  const again = () =>
    launch.mutate(
      {
        ide: session.ide,
        name: session.name,
        folder: session.folder,
        ...(session.resource_profile
          ? { resource_profile: session.resource_profile }
          : { cpus: session.cpus, memory_mb: session.memory_mb }),
      },
      { onError: (error) => live.fail(`${session.name} was not started.`, error) },
    );
  return (
    <tr>
      <td>
        <span className="row">
          <IdeMark ide={session.ide} size={30} />
          <span>
            <Link to="/sessions/$id" params={{ id: session.id }} className={css.name}>
              {session.name}
            </Link>
            <span className={css.meta}>{session.ide_name}</span>
          </span>
        </span>
      </td>
      <td data-label="Size" data-half className="dim">
        {size(session)}
      </td>
      <td data-label="Ended" data-half className="dim">
        <When at={session.since} words={moment} />
      </td>
      <td data-label="Why" className="dim">
        {session.cause?.text ?? session.sentence}
      </td>
      <td>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={launch.isPending}
          onClick={again}
          aria-label={`Start another like ${session.name}`}
        >
          Start another
        </Button>
      </td>
    </tr>
  );
}
