/** Everything of mine in one list, with what each needs next. */
import { Button } from "@mantine/core";
import { IconHistory, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { liveQuery } from "../api/queries";
import { LoadFailed, Notices } from "../parts/Notices";
import { PageHead } from "../parts/Page";
import css from "./Home.module.css";
import { EmptyHome } from "./home/EmptyHome";
import { History } from "./home/History";
import { ListSkeleton } from "./home/ListSkeleton";
import { QuickStarts } from "./home/QuickStarts";
import { SessionList } from "./home/SessionList";
import { NewSession } from "./NewSession";

function NewSessionLink() {
  return (
    <Button
      renderRoot={(root) => <Link {...root} to="/" search={(old) => ({ ...old, new: "1" })} />}
      leftSection={<IconPlus size={17} />}
    >
      New Session
    </Button>
  );
}

export function Home() {
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  return (
    <>
      {search.new && (
        <NewSession
          ide={search.new === "1" ? undefined : search.new}
          close={() => void navigate({ search: (old) => ({ ...old, new: undefined }), replace: true })}
        />
      )}
      {search.show === "history" ? <History /> : <Live />}
    </>
  );
}

function Live() {
  const live = useQuery(liveQuery);
  const empty = live.data?.length === 0;
  return (
    <>
      <PageHead title="Sessions" keep>
        {!empty && <NewSessionLink />}
      </PageHead>
      <Notices />
      {empty ? (
        <EmptyHome />
      ) : (
        <>
          <QuickStarts />
          {live.error && !live.data ? (
            <LoadFailed
              what="Your sessions could not be loaded."
              error={live.error}
              again={() => void live.refetch()}
            />
          ) : live.data ? (
            <SessionList sessions={live.data} />
          ) : (
            <ListSkeleton />
          )}
        </>
      )}
      {live.data && (
        <p className={css.history}>
          <IconHistory size={15} aria-hidden />
          <span>
            Quit sessions stay in{" "}
            <Link to="/" search={{ show: "history" }}>
              History
            </Link>{" "}
            for 30 days.
          </span>
        </p>
      )}
    </>
  );
}
