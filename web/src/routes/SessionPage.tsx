/** One session: how it is now, what it used, what happened, what it wrote. */
import { Button, Tabs } from "@mantine/core";
import { IconArrowUpRight, IconPlayerPause } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useSession } from "../api/queries";
import type { Session } from "../api/types";
import { IdeMark } from "../parts/marks";
import { Notices } from "../parts/Notices";
import { PageHead } from "../parts/Page";
import { StateBadge } from "../parts/StateBadge";
import { MoreActions } from "../sessions/actions";
import { useDeed } from "../sessions/useDeed";
import { useLarger } from "../sessions/useLarger";
import { size } from "../words/numbers";
import { SessionMissing } from "./SessionMissing";
import { Events } from "./session/Events";
import { Logs } from "./session/Logs";
import { Overview } from "./session/Overview";

// The chart library is large, and only this tab needs it.
const Usage = lazy(() => import("./session/Usage"));

const tabs = [
  ["overview", "Overview"],
  ["usage", "Usage"],
  ["events", "Events"],
  ["logs", "Logs"],
] as const;

type Tab = (typeof tabs)[number][0];

export function SessionPage() {
  const { id } = useParams({ from: "/sessions/$id" });
  const query = useSession(id);
  if (!query.data) return <SessionMissing query={query} />;
  return <SessionOf session={query.data} />;
}

function SessionOf({ session }: { session: Session }) {
  const { tab = "overview" } = useSearch({ from: "/sessions/$id" });
  const navigate = useNavigate({ from: "/sessions/$id" });
  return (
    <>
      <PageHead
        below
        title={session.name}
        icon={<IdeMark ide={session.ide} size={44} />}
        badge={<StateBadge session={session} />}
        sub={`${session.ide_name} · ${size(session)}`}
      >
        <MoreActions session={session} onPage />
        <MainActions session={session} />
      </PageHead>
      <Notices />
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({ search: { tab: next === "overview" ? undefined : (next as Tab) }, replace: true })
        }
      >
        <div className="flow">
          <Tabs.List mb={16} style={{ flexWrap: "nowrap" }} aria-label="About this session">
            {tabs.map(([value, label]) => (
              <Tabs.Tab key={value} value={value}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </div>
        <Tabs.Panel value="overview">
          <Overview session={session} />
        </Tabs.Panel>
        <Tabs.Panel value="usage">
          <Suspense fallback={<p className="dim">Loading the charts.</p>}>
            <Usage session={session} />
          </Suspense>
        </Tabs.Panel>
        <Tabs.Panel value="events">
          <Events session={session} />
        </Tabs.Panel>
        <Tabs.Panel value="logs">
          <Logs session={session} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

/** Outlined first, the next step filled and last. */
function MainActions({ session }: { session: Session }) {
  const deed = useDeed();
  const does = (verb: string) => deed.isPending && deed.variables.deed.verb === verb;
  const more = useLarger(session);
  const { may, next } = session;
  return (
    <>
      {may.suspend && session.state !== "Starting" && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={16} />}
          loading={does("suspend")}
          onClick={() => deed.mutate({ session, deed: { verb: "suspend" } })}
        >
          Suspend
        </Button>
      )}
      {next.action === "cancel" && (
        <Button
          variant="default"
          loading={does("quit")}
          onClick={() => deed.mutate({ session, deed: { verb: "quit" } })}
        >
          {next.text}
        </Button>
      )}
      {next.action === "watch" && (
        <Button
          renderRoot={(root) => <Link {...root} to="/sessions/$id/start" params={{ id: session.id }} />}
        >
          {next.text}
        </Button>
      )}
      {may.resume && (
        <Button
          loading={does("resume")}
          onClick={() => deed.mutate({ session, deed: { verb: "resume", size: more?.size } })}
        >
          {more?.text ?? (next.text || "Resume")}
        </Button>
      )}
      {may.open && (
        <Button component="a" href={session.url} leftSection={<IconArrowUpRight size={16} />}>
          Open
        </Button>
      )}
    </>
  );
}
