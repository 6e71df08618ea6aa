import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { problemIn } from "../api/problem";
import { ProblemText } from "../parts/Notices";
import { Note, PageHead } from "../parts/Page";

const home = (
  <Button renderRoot={(root) => <Link {...root} to="/" search={{}} />} variant="default" size="xs">
    All sessions
  </Button>
);

export function NotFound() {
  return (
    <>
      <PageHead title="Nothing is here" />
      <Note kind="info" fact="There is nothing at this address." end={home}>
        Sessions that you have stand in the list.
      </Note>
    </>
  );
}

/** A fault of the page itself: sessions are not touched by it. */
export function PageFailed({ error }: { error: unknown }) {
  return (
    <>
      <PageHead title="This page failed" />
      <Note
        kind="bad"
        fact="A fault in this page."
        end={
          <Button variant="default" size="xs" onClick={() => location.reload()}>
            Load again
          </Button>
        }
      >
        Your sessions go on. <ProblemText problem={problemIn(error)} />
      </Note>
    </>
  );
}
