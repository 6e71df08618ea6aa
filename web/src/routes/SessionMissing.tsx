/** While a session is loaded, and when it can't be. */
import { Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { problemIn } from "../api/problem";
import type { Session } from "../api/types";
import { LoadFailed, Notices } from "../parts/Notices";
import { Note, PageHead } from "../parts/Page";

export function SessionMissing({ query }: { query: UseQueryResult<Session> }) {
  if (!query.error) {
    return (
      <div aria-busy="true" className="stack">
        <PageHead below title="Session" />
        <Skeleton height={44} width={320} />
        <Skeleton height={220} radius={12} />
      </div>
    );
  }
  if (problemIn(query.error).status === 404) {
    return (
      <>
        <PageHead below title="No such session" />
        <Note
          kind="info"
          fact="There is no such session, or it is not yours."
          end={
            <Button renderRoot={(root) => <Link {...root} to="/" search={{}} />} variant="default" size="xs">
              All sessions
            </Button>
          }
        >
          What was quit long ago is forgotten.
        </Note>
      </>
    );
  }
  return (
    <>
      <PageHead below title="Session" />
      <Notices />
      <LoadFailed what="It could not be loaded." error={query.error} again={() => void query.refetch()} />
    </>
  );
}
