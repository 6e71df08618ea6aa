import { Panel } from "../../parts/Page";
import { useLog } from "../../sessions/useLog";
import { LogLines } from "../session/LogLines";

const most = 40;

/** What the run said last: mostly it says why. */
export function LastOutput({ id }: { id: string }) {
  const { lines, state } = useLog(id, false);
  return (
    <Panel title="Last output" flush>
      <LogLines lines={lines.slice(-most)} empty={state === "reading" ? "Reading." : "It wrote nothing."} />
    </Panel>
  );
}
