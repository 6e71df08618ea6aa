import {
  IconActivity,
  IconAlertTriangle,
  IconCircleX,
  IconHourglass,
  IconLoader2,
  IconPlayerPause,
  IconPlayerStop,
  IconZzz,
} from "@tabler/icons-react";
import type { Session, State } from "../api/types";
import css from "./StateBadge.module.css";

type Tone = "active" | "start" | "idle" | "susp" | "fail" | "none";

const looks: Record<State, [Tone, typeof IconActivity]> = {
  Queued: ["none", IconHourglass],
  Starting: ["start", IconLoader2],
  Active: ["active", IconActivity],
  Idle: ["idle", IconZzz],
  Suspending: ["susp", IconLoader2],
  Suspended: ["susp", IconPlayerPause],
  Stopping: ["none", IconLoader2],
  Stopped: ["none", IconPlayerStop],
  Failed: ["fail", IconCircleX],
  Lost: ["fail", IconAlertTriangle],
};

/** Icon, word and colour; never colour alone. */
export function StateBadge({ session }: { session: Pick<Session, "state" | "word"> }) {
  const [tone, Icon] = looks[session.state];
  return (
    <span className={css.badge} data-tone={tone}>
      <Icon size={14} stroke={2.2} className={Icon === IconLoader2 ? "turning" : undefined} aria-hidden />
      {session.word}
    </span>
  );
}
