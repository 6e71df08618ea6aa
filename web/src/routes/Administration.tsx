/** What only administrators see. The server refuses everybody else; here they are told so. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { meQuery } from "../api/queries";
import { LoadFailed } from "../parts/Notices";
import { Note, PageHead } from "../parts/Page";

export function Administration() {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (me && me.role !== "user") return <Outlet />;
  if (me) return <NotForYou />;
  return (
    <>
      <PageHead title="Administration" />
      {error && <LoadFailed what="This could not be loaded." error={error} again={() => void refetch()} />}
    </>
  );
}

function NotForYou() {
  return (
    <>
      <PageHead title="For administrators" />
      <Note
        kind="info"
        fact="This page is for administrators."
        end={
          <Button renderRoot={(root) => <Link {...root} to="/" search={{}} />} variant="default" size="xs">
            All sessions
          </Button>
        }
      >
        Ask one of yours.
      </Note>
    </>
  );
}
