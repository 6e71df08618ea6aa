import { Button, Menu } from "@mantine/core";
import { IconClockPlus } from "@tabler/icons-react";
import type { Session } from "../../api/types";
import { hoursFromNow } from "../../sessions/actions";
import { useDeed } from "../../sessions/useDeed";
import { moment } from "../../words/time";

const choices = [1, 2, 4, 8, 24];

/** Holds the idle clock until a time of one's choice. */
export function KeepMenu({ session }: { session: Session }) {
  const deed = useDeed();
  const keep = (until: string | null) => deed.mutate({ session, deed: { verb: "keep", until } });
  const now = new Date();
  return (
    <Menu>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconClockPlus size={16} />}
          loading={deed.isPending}
        >
          Keep until…
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((hours) => {
          const until = hoursFromNow(hours);
          return (
            <Menu.Item key={hours} onClick={() => keep(until)}>
              {moment(new Date(until), now)}, {hours === 1 ? "1 hour" : `${hours} hours`}
            </Menu.Item>
          );
        })}
        {session.idle?.keep_until && (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => keep(null)}>Let the idle clock run</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
