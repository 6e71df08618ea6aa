import { Tooltip } from "@mantine/core";
import { absolute, relative } from "../words/time";
import { useNow } from "./now";

/** A time in words that ticks, with the exact one in the tooltip. */
export function When({ at, words = relative }: { at: string; words?: (at: Date, now: Date) => string }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <Tooltip label={absolute(date)}>
      <time dateTime={at}>{words(date, now)}</time>
    </Tooltip>
  );
}
