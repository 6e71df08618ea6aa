/** The buttons of a session: its one next action, and the menu with all of them. */
import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowUpRight,
  IconClockPlus,
  IconCopy,
  IconDots,
  IconHistory,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconX,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Deed } from "../api/deeds";
import type { Session } from "../api/types";
import { copyText } from "../parts/copy";
import { ForceQuitDialog, RenameDialog } from "../parts/dialogs";
import { useLive } from "../parts/live";
import { toast } from "../parts/toast";
import { useDeed } from "./useDeed";
import { useLarger } from "./useLarger";

const hour = 3_600_000;

/** A time so many hours from now, as the API takes it. */
export const hoursFromNow = (hours: number) => new Date(Date.now() + hours * hour).toISOString();

export const addressOf = (session: Session) => new URL(session.url, location.href).href;

/** One action at the right edge of a row, and Keep beside Open while the idle clock runs. */
export function NextAction({ session }: { session: Session }) {
  const deed = useDeed();
  const does = (verb: Deed["verb"]) => deed.isPending && deed.variables.deed.verb === verb;
  const { next, may, name, id } = session;
  const more = useLarger(session);

  if (may.open) {
    return (
      <>
        {session.state === "Idle" && session.idle?.ends_at && may.keep && (
          <Button
            variant="default"
            px={12}
            leftSection={<IconClockPlus size={16} />}
            aria-label={`Keep ${name} for 2 more hours`}
            loading={does("keep")}
            onClick={() => deed.mutate({ session, deed: { verb: "keep", until: hoursFromNow(2) } })}
          >
            Keep
          </Button>
        )}
        <Button component="a" href={session.url} variant="light" data-main aria-label={`Open ${name}`}>
          Open
        </Button>
      </>
    );
  }
  switch (next.action) {
    case "watch":
      return (
        <Button
          renderRoot={(root) => <Link {...root} to="/sessions/$id/start" params={{ id }} />}
          variant="default"
          data-main
          aria-label={`${next.text || "Watch"} ${name}`}
        >
          {next.text || "Watch"}
        </Button>
      );
    case "details":
      return (
        <Button
          renderRoot={(root) => <Link {...root} to="/sessions/$id" params={{ id }} />}
          variant="default"
          data-main
          aria-label={`${next.text || "Details"} of ${name}`}
        >
          {next.text || "Details"}
        </Button>
      );
    case "resume":
    case "start-again":
    case "cancel": {
      const verb = next.action === "cancel" ? "quit" : "resume";
      const text = more?.text ?? next.text;
      return (
        <Button
          variant="default"
          data-main
          px={more && 10}
          aria-label={more ? `${text}: ${name}` : `${text} ${name}`}
          loading={does(verb)}
          onClick={() =>
            deed.mutate({ session, deed: more ? { verb: "resume", size: more.size } : { verb } })
          }
        >
          {text}
        </Button>
      );
    }
    default:
      return null;
  }
}

/** Everything that can be done with it: look, copy · suspend, quit, force quit. Never on hover only. */
export function MoreActions({ session, onPage }: { session: Session; onPage?: boolean }) {
  const [dialog, setDialog] = useState<"rename" | "force-quit">();
  const deed = useDeed();
  const live = useLive();
  const more = useLarger(session);
  const { may, name } = session;
  const act = (verb: "resume" | "suspend" | "quit" | "force-quit") =>
    deed.mutate({ session, deed: { verb } });
  const copyAddress = async () => {
    const address = addressOf(session);
    const words = (await copyText(address)) ? "Address copied" : "The address was not copied";
    toast(words, address);
    live.announce(words);
  };
  const close = () => setDialog(undefined);
  return (
    <>
      <Menu>
        <Menu.Target>
          <Tooltip label="More actions" openDelay={600}>
            <ActionIcon
              variant={onPage ? "default" : "subtle"}
              size={36}
              aria-label={`More actions for ${name}`}
              data-kebab
            >
              <IconDots size={18} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {may.open && (
            <Menu.Item component="a" href={session.url} leftSection={<IconArrowUpRight size={16} />}>
              Open
            </Menu.Item>
          )}
          {!onPage && (
            <Menu.Item
              renderRoot={(root) => <Link {...root} to="/sessions/$id" params={{ id: session.id }} />}
              leftSection={<IconHistory size={16} />}
            >
              Details
            </Menu.Item>
          )}
          {may.rename && (
            <Menu.Item onClick={() => setDialog("rename")} leftSection={<IconPencil size={16} />}>
              Rename…
            </Menu.Item>
          )}
          <Menu.Item onClick={() => void copyAddress()} leftSection={<IconCopy size={16} />}>
            Copy address
          </Menu.Item>
          {(may.suspend || may.quit || may.force_quit) && <Menu.Divider />}
          {may.resume && more && (
            <Menu.Item onClick={() => act("resume")} leftSection={<IconPlayerPlay size={16} />}>
              Start again as it was
            </Menu.Item>
          )}
          {may.suspend && (
            <Menu.Item onClick={() => act("suspend")} leftSection={<IconPlayerPause size={16} />}>
              Suspend
            </Menu.Item>
          )}
          {may.quit && (
            <Menu.Item onClick={() => act("quit")} leftSection={<IconPlayerStop size={16} />}>
              Quit
            </Menu.Item>
          )}
          {may.force_quit && (
            <Menu.Item
              onClick={() => setDialog("force-quit")}
              leftSection={<IconX size={16} />}
              c="var(--st-fail)"
            >
              Force Quit…
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === "rename" && <RenameDialog session={session} close={close} />}
      {dialog === "force-quit" && (
        <ForceQuitDialog names={[name]} confirm={() => act("force-quit")} close={close} />
      )}
    </>
  );
}
