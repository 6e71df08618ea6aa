/** The start of a session: what is done, what is being done, and why when it takes longer. Goes to the IDE by itself. */
import { Button } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useSession } from "../api/queries";
import type { Session } from "../api/types";
import { Cli } from "../parts/Cli";
import { IdeMark } from "../parts/marks";
import { Notices } from "../parts/Notices";
import { Note, PageHead, Panel } from "../parts/Page";
import { StateBadge } from "../parts/StateBadge";
import { When } from "../parts/When";
import { useDeed } from "../sessions/useDeed";
import { useLarger } from "../sessions/useLarger";
import { sessionCommand } from "../words/command";
import { size } from "../words/numbers";
import { moment } from "../words/time";
import { SessionMissing } from "./SessionMissing";
import { LastOutput } from "./start/LastOutput";
import { Steps } from "./start/Steps";

export function Start() {
  const { id } = useParams({ from: "/sessions/$id/start" });
  const query = useSession(id);
  if (!query.data) return <SessionMissing query={query} />;
  return <StartOf session={query.data} />;
}

function StartOf({ session }: { session: Session }) {
  const open = session.may.open;
  useOpenInView(open ? session.url : undefined);
  return (
    <>
      <PageHead
        below
        title={session.name}
        icon={<IdeMark ide={session.ide} size={44} />}
        badge={<StateBadge session={session} />}
        sub={`${session.ide_name} · ${size(session)}`}
      >
        <Actions session={session} />
      </PageHead>
      <Notices />
      <div className="sided">
        <Main session={session} />
        <Aside session={session} />
      </div>
    </>
  );
}

/** Goes to the address once somebody looks at the page. Back then leads to the list, not here. */
function useOpenInView(url: string | undefined): void {
  const [seen, setSeen] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setSeen(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(() => {
    if (url && seen) location.replace(url);
  }, [url, seen]);
}

function Actions({ session }: { session: Session }) {
  const deed = useDeed();
  const more = useLarger(session);
  const details = (
    <Button
      variant="default"
      renderRoot={(root) => <Link {...root} to="/sessions/$id" params={{ id: session.id }} />}
    >
      Details
    </Button>
  );
  switch (session.state) {
    case "Queued":
    case "Starting":
      return (
        <>
          {details}
          <Button
            variant="default"
            loading={deed.isPending}
            onClick={() => deed.mutate({ session, deed: { verb: "quit" } })}
          >
            Cancel
          </Button>
        </>
      );
    case "Failed":
    case "Suspended":
      return (
        <>
          {details}
          <Button
            loading={deed.isPending}
            onClick={() => deed.mutate({ session, deed: { verb: "resume", size: more?.size } })}
          >
            {more?.text ?? (session.next.text || "Start again")}
          </Button>
        </>
      );
    case "Active":
    case "Idle":
      return (
        <Button component="a" href={session.url}>
          Open
        </Button>
      );
    default:
      return details;
  }
}

function Main({ session }: { session: Session }) {
  switch (session.state) {
    case "Failed":
      return (
        <div className="stack">
          <Note kind="bad" fact={session.started_at ? "It ended." : "It did not start."}>
            {session.cause?.text ?? session.sentence} <span className="mono">{session.cause?.code}</span>
          </Note>
          <LastOutput id={session.id} />
        </div>
      );
    case "Queued":
    case "Starting":
    case "Active":
    case "Idle":
      return <Steps session={session} />;
    case "Suspended":
      return (
        <Note kind="info" fact="Suspended.">
          {session.sentence}
        </Note>
      );
    default:
      return (
        <Note kind="info" fact={`${session.word}.`}>
          {session.sentence}
        </Note>
      );
  }
}

function Aside({ session }: { session: Session }) {
  const starts = session.state === "Queued" || session.state === "Starting";
  return (
    <div className="stack">
      {starts && (
        <Panel title="What happens next">
          <p className="small dim">
            {session.ide_name} opens in this tab as soon as it answers, if you are still looking at it. You
            can leave; the start goes on.
          </p>
        </Panel>
      )}
      <Panel title="Request">
        <dl className="facts">
          <dt>Folder</dt>
          <dd>{session.folder ?? "Home folder"}</dd>
          <dt>Place</dt>
          <dd>{session.cluster}</dd>
          <dt>Asked</dt>
          <dd>
            <When at={session.created_at} words={moment} />
          </dd>
        </dl>
        <Cli command={sessionCommand("show", session.name)} />
      </Panel>
    </div>
  );
}
